package catalog

import "github.com/fieldbook-go/fieldbook/datasets"

// PaperData is a data set that a paper's experiment wants, at the size of its notebook.
type PaperData struct {
	Paper  string          // short name
	What   string          // which of its experiments, in a few words
	Recipe datasets.Recipe // nil: there is none yet
	Waits  string          // why there is none: what it waits for, or that none is wanted
}

// Papers lists the data of the papers on physics-informed networks, operators and learned solvers, in the order of their names.
func Papers() []PaperData {
	list := append(papersPINNs(), papersOperators()...)
	return append(list, papersSolvers()...)
}

// closedForm is why a paper wants no recipe.
const closedForm = "its solution is a formula: no data are made"

func papersPINNs() []PaperData {
	reference := func(paper, what string, c datasets.ReferenceCase) PaperData {
		return PaperData{Paper: paper, What: what, Recipe: datasets.Reference{Case: c}}
	}
	return []PaperData{
		{Paper: "beyond-linearity", What: "periodic Poisson problems", Waits: closedForm},
		reference("causal-pinn", "reaction", datasets.LogisticReaction),
		reference("causal-pinn", "Allen–Cahn equation", datasets.AllenCahnCosine),
		{Paper: "feynman-integrals", What: "box integrals", Waits: closedForm},
		reference("insr-pde", "advection of a Gaussian", datasets.GaussianAdvection),
		reference("insr-pde", "Taylor–Green vortices", datasets.TaylorGreenVortices),
		reference("lpinn", "convection", datasets.PeriodicConvection),
		reference("lpinn", "Burgers' equation with a drift", datasets.BurgersDrift),
		{Paper: "metalic", What: "Poisson on an interval", Waits: closedForm},
		{Paper: "multiadam", What: "Poisson on squares of three sizes", Waits: closedForm},
		reference("multiadam", "Poisson with four discs", datasets.FourDiscs),
		{Paper: "neural-field-derivatives", What: "signed distances of stars", Recipe: datasets.Outlines{
			Kind: datasets.StarDomains, Grid: 64, Points: 256, Train: 1, Test: 8,
		}},
		reference("pi-hc-moe", "diffusion and sorption", datasets.DiffusionSorption),
		reference("pig", "Helmholtz equation", datasets.HelmholtzSines),
		{Paper: "pinn-operator-discovery", What: "Lotka–Volterra", Recipe: datasets.Dynamics{System: datasets.LotkaVolterra, Frames: 30, Train: 1, Test: 1}},
		reference("pinnsformer", "reaction", datasets.LogisticReaction),
		reference("pinnsformer", "convection", datasets.PeriodicConvection),
		reference("r3", "convection", datasets.PeriodicConvection),
		reference("r3", "Allen–Cahn equation", datasets.AllenCahnCosine),
		{Paper: "siren", What: "an image with its derivatives", Recipe: datasets.Gabor{Grid: 64, Train: 1, Test: 1}},
		reference("uq-neural-pdes", "Kovasznay's flow", datasets.KovasznayFlow),
	}
}

func trajectories(e datasets.Equation, axes, grid, frames, train, test int) datasets.Trajectories {
	return datasets.Trajectories{Equation: e, Axes: axes, Grid: grid, Frames: frames, Train: train, Test: test}
}

func meshes(k datasets.MeshKind, nodes, train, test int) datasets.Meshes {
	return datasets.Meshes{Kind: k, Nodes: nodes, Train: train, Test: test}
}

func papersOperators() []PaperData {
	e2 := datasets.Combined{Alpha: [2]float64{0.5, 0.5}, Beta: [2]float64{0.01, 0.2}, Grid: 64, Frames: 250, Train: 256, Test: 32}
	lie := datasets.Combined{
		Alpha: [2]float64{0.5, 0.5}, Beta: [2]float64{0.01, 0.5}, LogBeta: true, Unforced: true, Grid: 128, Frames: 64, Train: 3000, Test: 300,
	}
	le := datasets.Combined{Alpha: [2]float64{0.5, 0.5}, Beta: [2]float64{0, 0.2}, Unforced: true, Grid: 128, Frames: 250, Train: 512, Test: 64}
	burgers := datasets.Burgers{Viscosity: 0.1, Grid: 128, Train: 300, Test: 100}
	flow := func(grid, in, out, train, test int) datasets.NavierStokes {
		return datasets.NavierStokes{Viscosity: 1e-3, Grid: grid, In: in, Out: out, Train: train, Test: test}
	}
	return []PaperData{
		{Paper: "amg", What: "two phases on star domains", Recipe: meshes(datasets.MeshPhases, 400, 300, 60)},
		{Paper: "aroma", What: "Burgers' equation", Recipe: trajectories(datasets.ViscousBurgers, 1, 128, 40, 300, 32)},
		{Paper: "beno", What: "squares without corners", Recipe: datasets.Masked{Grid: 20, Train: 500, Test: 100}},
		{Paper: "coda-no", What: "pretraining: flow", Recipe: flow(32, 1, 10, 300, 20)},
		{Paper: "coda-no", What: "target: Boussinesq flow", Recipe: trajectories(datasets.BoussinesqFlow, 2, 32, 5, 100, 20)},
		{Paper: "coral", What: "advection and diffusion", Recipe: trajectories(datasets.AdvectionDiffusion, 2, 32, 20, 200, 40)},
		{Paper: "dgno", What: "Darcy flow, two phases", Recipe: datasets.PorousFlow{
			Medium: datasets.TwoPhaseMedium, Low: 5, High: 10, Length: 0.25, Grid: 29, Train: 500, Test: 100,
		}},
		{Paper: "enf2enf", What: "flow around stars", Waits: "waits for finite differences with advection"},
		{Paper: "fdnet", What: "heat equation on an interval", Recipe: datasets.HeatSeries{Grid: 65, Frames: 100, Train: 20, Test: 20}},
		{Paper: "fdnet-trcg", What: "heat equation", Recipe: trajectories(datasets.Diffusion, 2, 32, 20, 40, 20)},
		{Paper: "fno", What: "Burgers' equation", Recipe: burgers.At(128)},
		{Paper: "fno", What: "Darcy flow, full size", Recipe: datasets.Darcy{Grid: 85, Train: 1000, Test: 100}},
		{Paper: "fno", What: "Navier–Stokes, full size", Recipe: flow(64, 10, 40, 1000, 200)},
		{Paper: "galerkin-transformer", What: "Burgers' equation", Recipe: datasets.Burgers{Viscosity: 0.1, Grid: 256, Train: 800, Test: 100}},
		{Paper: "general-covariance-aug", What: "elliptic equation", Recipe: datasets.Elliptic{Grid: 100, Train: 200, Test: 500}},
		{Paper: "gnn-bvp", What: "charged disks", Recipe: meshes(datasets.MeshSources, 350, 600, 100)},
		{Paper: "gnot", What: "a hole and a jump", Recipe: meshes(datasets.MeshHoles, 350, 500, 100)},
		{Paper: "iterative-operators", What: "an integral equation; graphs of blocks", Waits: "waits for its notebook: neither is a differential equation"},
		{Paper: "le-pde-pp", What: "Burgers family", Recipe: le},
		{Paper: "le-pde-pp", What: "flow", Recipe: flow(32, 1, 20, 200, 40)},
		{Paper: "lie-ssl", What: "Burgers family", Recipe: lie},
		{Paper: "lsm", What: "Darcy flow", Recipe: datasets.Darcy{Grid: 43, Finest: 421, Train: 600, Test: 100}},
		{Paper: "mg-tfno", What: "flow", Recipe: flow(64, 1, 1, 512, 100)},
		{Paper: "mgno", What: "Darcy flow", Recipe: datasets.Darcy{Grid: 36, Finest: 421, Train: 400, Test: 100}},
		{Paper: "mm-pde", What: "Burgers' equation in a square", Recipe: trajectories(datasets.ViscousBurgers, 2, 32, 30, 40, 10)},
		{Paper: "mono", What: "two operators of its own", Waits: "waits for its notebook: one of them is a formula"},
		{Paper: "mp-pde", What: "combined equation, E2", Recipe: e2},
		{Paper: "multiscale-no", What: "Lorenz 96 with two scales", Recipe: datasets.Dynamics{System: datasets.Lorenz96TwoScale, Frames: 200, Train: 25, Test: 32}},
		{Paper: "neural-mpm", What: "dam breaks", Waits: "waits for a particle solver"},
		{Paper: "neural-operator", What: "Poisson by Green's function", Recipe: datasets.Elliptic{Constant: true, Modes: 20, Decay: 2, Grid: 64, Train: 500, Test: 100}},
		{Paper: "neural-operator", What: "Burgers' equation", Recipe: burgers},
		{Paper: "neural-spectral-methods", What: "reaction and diffusion, test solutions", Recipe: trajectories(datasets.FisherKPP, 1, 128, 50, 1, 64)},
		{Paper: "neural-stagger", What: "flow", Recipe: flow(64, 1, 20, 1, 20)},
		{Paper: "nio", What: "Calderón's problem", Recipe: datasets.Calderon{Angles: 16, Side: 24, Grid: 24, Train: 700, Test: 100}},
		{Paper: "nns-to-nos", What: "Burgers' equation", Recipe: datasets.Burgers{Viscosity: 0.05, Grid: 64, Train: 300, Test: 100}},
		{Paper: "nuno", What: "advection and diffusion with vortices", Waits: "waits for finite differences with advection"},
		{Paper: "o-mmgp", What: "internal layers", Recipe: meshes(datasets.MeshLayers, 2401, 80, 40)},
		{Paper: "online-surrogate", What: "heat conduction in a plate", Recipe: datasets.HeatBox{Grid: 24, Frames: 50, Train: 200, Test: 100}},
		{Paper: "pde-refiner", What: "Kuramoto–Sivashinsky", Recipe: trajectories(datasets.KuramotoSivashinsky, 1, 128, 140, 128, 32)},
		{Paper: "pdeformer", What: "many equations of one axis", Waits: "waits for its notebook: equations as graphs"},
		{Paper: "poseidon", What: "flow", Recipe: flow(32, 1, 9, 128, 64)},
		{Paper: "poseidon", What: "Burgers' equation in a square", Recipe: trajectories(datasets.ViscousBurgers, 2, 32, 9, 128, 64)},
		{Paper: "poseidon", What: "Allen–Cahn equation in a square", Recipe: trajectories(datasets.AllenCahn, 2, 32, 9, 64, 64)},
		{Paper: "poseidon", What: "a gas, full size", Recipe: datasets.Flows{Law: datasets.EulerFlow, Grid: 64, Frames: 9, Train: 128, Test: 64}},
		{Paper: "predict-change", What: "Kuramoto–Sivashinsky", Recipe: trajectories(datasets.KuramotoSivashinsky, 1, 128, 160, 200, 20)},
		{Paper: "predict-change", What: "heat equation", Recipe: trajectories(datasets.Diffusion, 1, 64, 50, 200, 20)},
		{Paper: "semilinear-no", What: "Kuramoto–Sivashinsky", Recipe: trajectories(datasets.KuramotoSivashinsky, 1, 64, 150, 200, 20)},
		{Paper: "sinenet", What: "advected Burgers' equation", Waits: "waits for its notebook: a mean wind in Burgers' equation"},
		{Paper: "sinenet", What: "shallow water, full size", Recipe: datasets.Flows{Law: datasets.ShallowWaterFlow, Grid: 64, Frames: 20, Train: 200, Test: 30}},
		{Paper: "spectral-refiner", What: "flow", Recipe: flow(64, 10, 10, 128, 8)},
		{Paper: "stable-autoregressive-no", What: "Kolmogorov flow", Recipe: trajectories(datasets.KolmogorovFlow, 2, 32, 100, 32, 16)},
		{Paper: "symmetric-basis-conv", What: "particles of a fluid", Waits: "waits for a particle solver"},
		{Paper: "vito", What: "Darcy flow, inverse", Recipe: datasets.PorousFlow{Medium: datasets.TwoPhaseMedium, Grid: 49, Train: 800, Test: 100}},
		{Paper: "zebra", What: "advection and diffusion, many coefficients", Waits: "waits for its notebook: coefficients by environment"},
	}
}

func papersSolvers() []PaperData {
	return []PaperData{
		{Paper: "deep-conjugate-direction", What: "right-hand sides of Poisson's equation", Waits: "waits for its notebook: Ritz vectors of a matrix"},
		{Paper: "neural-pcg", What: "heat equation on stars", Recipe: datasets.MeshSystems{Nodes: 800, Loads: 4, Train: 150, Test: 30}},
		{Paper: "skr", What: "Darcy flow, log-normal", Recipe: datasets.PorousFlow{Medium: datasets.LogNormalMedium, Grid: 65, Finest: 65, Train: 99, Test: 1}},
	}
}

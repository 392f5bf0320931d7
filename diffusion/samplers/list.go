package samplers

import "math"

// Deterministic lists the methods without noise, with each of their choices: for tests and for the table of errors. Of [UniPC] above
// order 2 it has one [Residual], since the other differs from it in the first steps alone. [Flow] is not among them, since its order is
// on a grid in time.
func Deterministic() []Method {
	all := []Method{DDIM{}}
	for order := 1; order <= 3; order++ {
		for _, kind := range []Kind{Multistep, Singlestep} {
			all = append(all, DPMSolver{Order: order, Kind: kind}, DPMSolverPP{Order: order, Kind: kind})
		}
		all = append(all, ERSDE{Order: order, Scale: ODE})
		for _, in := range []Variable{InTime, InRatio, InLambda} {
			all = append(all, DEIS{Order: order, In: in})
		}
		all = append(all, UniPC{Order: order, PredictorOnly: true}, IPNDM{Order: order})
	}
	for _, in := range []Variable{InTime, InRatio, InLambda} {
		all = append(all, DEIS{Order: 4, In: in})
	}
	for order := 1; order <= 4; order++ {
		all = append(all, UniPC{Order: order})
	}
	return append(all, UniPC{Order: 4, PredictorOnly: true},
		UniPC{Order: 1, Residual: B1}, UniPC{Order: 2, Residual: B1},
		UniPC{Order: 2, Residual: B1, PredictorOnly: true}, ERSDE{Order: 3, Scale: ODE, Backward: true}, IPNDM{Order: 4}, PNDM{}, Heun{}, DPM2{})
}

// Stochastic lists the methods with noise, with their usual choices.
func Stochastic() []Method {
	churn := Churn{Churn: 8, Low: 0.05, High: 20}
	all := []Method{
		EulerMaruyama{},
		DDPM{},
		DDIM{Eta: 1},
		DDIM{Eta: 0.5},
		Heun{Churn: churn},
		DPM2{Churn: churn},
		StochasticDPMSolverPP{Eta: 1},
		StochasticDPMSolverPP{Eta: 0.5},
		AncestralDPM2{Eta: 1},
		AncestralDPMSolverPP{Eta: 1},
	}
	for order := 1; order <= 3; order++ {
		all = append(all, DPMSolver{Order: order, Eta: 1}, DPMSolverPP{Order: order, Eta: 1}, DPMSolverPP{Order: order, Eta: 0.5})
	}
	for order := 1; order <= 3; order++ {
		for _, scale := range []NoiseScale{SDE5, ReverseSDE, SDE1, SDE2, SDE3, SDE4} {
			all = append(all, ERSDE{Order: order, Scale: scale})
		}
	}
	return all
}

// MomentError is how far the mean and the deviation of a plan's samples are from those of the data, as a root mean square over four
// normal distributions of mean 0.7 and deviations 0.2, 0.5, 1 and 2. It is exact: nothing is drawn.
//
// Errors: what is wrong with the plan; see [diffusion.Table.Moments].
func MomentError(p Plan) (float64, error) {
	table, err := p.Table()
	if err != nil {
		return 0, err
	}
	points, _, err := p.steps()
	if err != nil {
		return 0, err
	}
	from, to := points[0], points[len(points)-1]
	const mean = 0.7
	deviations := []float64{0.2, 0.5, 1, 2}
	sum := 0.0
	for _, std := range deviations {
		gotMean, gotStd, err := table.Moments(from, mean, std, p.Noise)
		if err != nil {
			return 0, err
		}
		off := math.Hypot(gotMean-to.Alpha*mean, gotStd-math.Hypot(to.Alpha*std, to.Sigma))
		sum += off * off / float64(len(deviations))
	}
	return math.Sqrt(sum), nil
}

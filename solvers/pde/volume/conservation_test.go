package volume_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
	"github.com/fieldbook-go/fieldbook/solvers/pde/volume"
)

// allLaws are the predefined laws that have no source.
func allLaws() []volume.Law {
	return []volume.Law{
		volume.Advection([]float64{1}, 0.01), volume.Advection([]float64{1, -0.5}, 0.01), volume.Burgers(1, 0), volume.Burgers(2, 0.01),
		volume.Traffic(1, 2), volume.BuckleyLeverett(0.5), volume.Combined(1, 0.02, 1e-4, nil),
		volume.Euler(1, 1.4), volume.Euler(2, 1.4), volume.ShallowWater(1, 9.81), volume.ShallowWater(2, 9.81),
	}
}

// rough is a batch of random data that every law accepts: the first channel is in [1/4, 1], the last, an energy, high.
func rough(law volume.Law, samples, cells int, seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 0))
	out := make([]float64, samples*cells*law.Channels)
	for i := range out {
		switch c := i % law.Channels; {
		case c == 0:
			out[i] = 0.25 + 0.75*rng.Float64()
		case law.Name == "Euler" && c == law.Channels-1:
			out[i] = 1 + rng.Float64()
		default:
			out[i] = 0.2 * (rng.Float64() - 0.5)
		}
	}
	return out
}

func totals(u []float64, channels int) []float64 {
	sums := make([]float64, channels)
	for i, v := range u {
		sums[i%channels] += v
	}
	return sums
}

func gridFor(axes, cells int) volume.Grid {
	return volume.Grid{Upper: []float64{1, 1}[:axes], Cells: []int{cells, cells}[:axes]}
}

func TestConservation(t *testing.T) {
	for _, law := range allLaws() {
		for r := volume.WENO5; r <= volume.Constant; r++ {
			for flux := volume.Rusanov; flux <= volume.Godunov; flux++ {
				if flux == volume.HLLC && law.Contact == nil || flux == volume.Godunov && !law.Scalar {
					continue
				}
				t.Run(fmt.Sprintf("%s%d/%v/%v", law.Name, law.Axes, r, flux), func(t *testing.T) {
					g := gridFor(law.Axes, 16)
					u0 := rough(law, 1, g.Points(), 1)
					s := volume.Scheme{Grid: g, Flux: flux, Reconstruction: r, Limiter: volume.MC, Coarse: true}
					got := solve(t, s, law, u0, pde.Stepping{Until: 0.05})
					before, after := totals(u0, law.Channels), totals(got, law.Channels)
					for c := range before {
						// Each of some hundred stages adds two fluxes a cell with round-off 1e-16 of up to 10 each.
						if diff := math.Abs(after[c] - before[c]); diff > 1e-14*float64(100*g.Points()) {
							t.Errorf("channel %d changes its total by %.2g", c, diff)
						}
					}
				})
			}
		}
	}
}

// TestWallsKeepMassAndEnergy also wants the same flow in half of a symmetric one.
func TestWallsKeepMassAndEnergy(t *testing.T) {
	wall := volume.Sides{Low: volume.Boundary{Kind: volume.Wall}, High: volume.Boundary{Kind: volume.Wall}}
	for _, law := range []volume.Law{volume.Euler(1, 1.4), volume.ShallowWater(1, 9.81), volume.Burgers(1, 0)} {
		t.Run(law.Name, func(t *testing.T) {
			const n = 40
			half := rough(law, 1, n, 2)
			if law.Name == "Burgers" {
				half[0] = 0.3
			}
			whole := make([]float64, 2*len(half))
			copy(whole[len(half):], half)
			for i := range n { // the mirror image of the right half
				for c := range law.Channels {
					v := half[(n-1-i)*law.Channels+c]
					if c == law.Normal[0] {
						v = -v
					}
					whole[i*law.Channels+c] = v
				}
			}
			flux := volume.HLL
			stepping := pde.Stepping{Until: 0.1, Steps: 200}
			got := solve(t, volume.Scheme{Grid: line(0, 1, n), Sides: []volume.Sides{wall}, Flux: flux}, law, half, stepping)
			want := solve(t, volume.Scheme{Grid: line(-1, 1, 2*n), Sides: []volume.Sides{wall}, Flux: flux}, law, whole, stepping)[len(half):]
			if diff := meanDiff(got, want); diff > 1e-13 { // mirrored sums round differently
				t.Errorf("half of the symmetric flow differs by %.2g", diff)
			}
			if law.Channels == 1 {
				return
			}
			before, after := totals(half, law.Channels), totals(got, law.Channels)
			for _, c := range []int{0, law.Channels - 1} {
				if c != law.Normal[0] && math.Abs(after[c]-before[c]) > 1e-12 { // round-off of 40 cells and 600 stages
					t.Errorf("channel %d changes from %v to %v", c, before[c], after[c])
				}
			}
		})
	}
}

// TestTwoAxesHoldOne marches data that vary along one axis only.
func TestTwoAxesHoldOne(t *testing.T) {
	const n, across = 32, 5
	for _, c := range []struct{ one, two volume.Law }{
		{volume.Euler(1, 1.4), volume.Euler(2, 1.4)},
		{volume.ShallowWater(1, 9.81), volume.ShallowWater(2, 9.81)},
		{volume.Burgers(1, 0.01), volume.Burgers(2, 0.01)},
	} {
		for axis := range 2 {
			for _, flux := range []volume.Flux{volume.Rusanov, volume.HLL, volume.HLLC} {
				if flux == volume.HLLC && c.one.Contact == nil {
					continue
				}
				t.Run(fmt.Sprintf("%s/%d/%v", c.one.Name, axis, flux), func(t *testing.T) {
					u0 := rough(c.one, 1, n, 3)
					sides := []volume.Sides{{}, {}}
					sides[axis] = open[0]
					cells := []int{across, across}
					cells[axis] = n
					stepping := pde.Stepping{Until: 0.05, Steps: 300}
					want := solve(t, volume.Scheme{Grid: line(0, 1, n), Sides: open, Flux: flux, Coarse: true}, c.one, u0, stepping)
					g := volume.Grid{Upper: []float64{10, 10}, Cells: cells}
					g.Upper[axis] = 1
					spread := make([]float64, n*across*c.two.Channels)
					place := func(i, j int) int { // of cell i along the axis and j across it
						if axis == 0 {
							return (i*across + j) * c.two.Channels
						}
						return (j*n + i) * c.two.Channels
					}
					channel := func(k int) int { // of the law of one axis in that of two
						if k > 0 && k == c.one.Channels-1 && c.one.Name == "Euler" {
							return 3
						}
						if k == 1 {
							return 1 + axis
						}
						return k
					}
					for i := range n {
						for j := range across {
							for k := range c.one.Channels {
								spread[place(i, j)+channel(k)] = u0[i*c.one.Channels+k]
							}
						}
					}
					got := solve(t, volume.Scheme{Grid: g, Sides: sides, Flux: flux, Coarse: true}, c.two, spread, stepping)
					var most float64
					for i := range n {
						for j := range across {
							for k := range c.one.Channels {
								most = max(most, math.Abs(got[place(i, j)+channel(k)]-want[i*c.one.Channels+k]))
							}
						}
					}
					// Round-off of 900 stages of numbers of size 10, for Burgers with a flux along the other axis that cancels.
					if most > 1e-11 {
						t.Errorf("differs from one axis by %.2g", most)
					}
				})
			}
		}
	}
}

// TestTraversalOfAxes transposes a gas on a square: x and y must be alike.
func TestTraversalOfAxes(t *testing.T) {
	const n = 12
	law := volume.Euler(2, 1.4)
	u0 := rough(law, 1, n*n, 4)
	transposed := func(u []float64) []float64 {
		out := make([]float64, len(u))
		for i := range n {
			for j := range n {
				from, to := (i*n+j)*4, (j*n+i)*4
				out[to], out[to+1], out[to+2], out[to+3] = u[from], u[from+2], u[from+1], u[from+3]
			}
		}
		return out
	}
	s := volume.Scheme{Grid: gridFor(2, n), Flux: volume.HLLC}
	stepping := pde.Stepping{Until: 0.05, Steps: 100}
	a, b := solve(t, s, law, u0, stepping), transposed(solve(t, s, law, transposed(u0), stepping))
	if diff := meanDiff(a, b); diff > 1e-13 { // the sums over axes round differently
		t.Errorf("transposed data differ by %.2g", diff)
	}
}

func TestSameBitsForAnyWorkersAndBatch(t *testing.T) {
	const samples = 5
	for _, law := range []volume.Law{volume.Euler(2, 1.4), volume.Burgers(1, 0)} {
		g := gridFor(law.Axes, 12)
		u0 := rough(law, samples, g.Points(), 5)
		s := volume.Scheme{Grid: g}
		var first []float64
		for _, workers := range []int{1, 3, 0} {
			got := solve(t, s, law, u0, pde.Stepping{Until: 0.1, Workers: workers})
			if first == nil {
				first = got
			}
			if !slices.Equal(got, first) {
				t.Errorf("%s: other bits with %d workers", law.Name, workers)
			}
		}
		size := len(u0) / samples
		alone := solve(t, s, law, u0[2*size:3*size], pde.Stepping{Until: 0.1})
		if !slices.Equal(alone, first[2*size:3*size]) {
			t.Errorf("%s: other bits alone than in a batch", law.Name)
		}
	}
}

// TestOneLawASample gives each sample its own diffusion.
func TestOneLawASample(t *testing.T) {
	g := line(0, 1, 32)
	law := volume.Burgers(1, 0)
	u0 := rough(law, 3, 32, 6)
	s := volume.Scheme{Grid: g, Coarse: true}
	laws := []volume.Law{volume.Burgers(1, 0.01), volume.Burgers(1, 0.1), law}
	sol, err := s.Solve(t.Context(), laws, u0, pde.Stepping{Until: 0.1, Frames: 2})
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range laws {
		alone, err := s.Solve(t.Context(), []volume.Law{l}, u0[i*32:(i+1)*32], pde.Stepping{Until: 0.1, Frames: 2})
		if err != nil {
			t.Fatal(err)
		}
		for frame := range 2 {
			if !slices.Equal(alone.Ys[frame], sol.Ys[frame][i*32:(i+1)*32]) {
				t.Errorf("sample %d differs at frame %d", i, frame)
			}
		}
	}
	if sol.Ts[0] != 0.05 || sol.Ts[1] != 0.1 || sol.Stats.NFE != 3*sol.Stats.Steps || sol.Stats.Samples != 3 {
		t.Errorf("times %v and stats %+v", sol.Ts, sol.Stats)
	}
}

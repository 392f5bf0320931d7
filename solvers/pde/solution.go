package pde

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/fieldbook-go/fieldbook/internal/parallel"
	"github.com/fieldbook-go/fieldbook/solvers/linear"
)

// Stepping says how far and how finely to march in time, and on how many cores.
type Stepping struct {
	Until   float64               // final time, > 0; the start is at t = 0
	Steps   int                   // number of equal steps, ≥ 1
	Frames  int                   // states to keep after t = 0, equally spaced, the last at Until; 0 means 1; divides Steps
	Workers int                   // goroutines; 0 means one a core
	Report  func(done, total int) // progress in samples; may be nil; its calls never overlap
}

// Validate lists all that is wrong with s.
func (s Stepping) Validate() error {
	var errs []error
	if !(s.Until > 0) || math.IsInf(s.Until, 0) {
		errs = append(errs, fmt.Errorf("pde: Stepping.Until = %v, want a final time above 0", s.Until))
	}
	if s.Steps < 1 {
		errs = append(errs, fmt.Errorf("pde: Stepping.Steps = %d, want at least 1", s.Steps))
	}
	if s.Frames < 0 || s.Steps >= 1 && s.Steps%s.frames() != 0 {
		errs = append(errs, fmt.Errorf("pde: Stepping.Frames = %d, want a divisor of the %d steps", s.Frames, s.Steps))
	}
	return errors.Join(errs...)
}

// Dt is the length of a step.
func (s Stepping) Dt() float64 { return s.Until / float64(s.Steps) }

func (s Stepping) frames() int { return max(s.Frames, 1) }

// Solution is what a solve gives, with the facts of how it was found.
type Solution struct {
	Ts     []float64   // times of the kept states; empty for a steady problem
	Ys     [][]float64 // Ys[i] holds the batch [sample, space…] at Ts[i]; one entry for a steady problem
	Stats  Stats
	Status Status
}

// Last returns the batch [sample, space…] at the last time; nil if the solve failed.
func (s Solution) Last() []float64 {
	if len(s.Ys) == 0 {
		return nil
	}
	return s.Ys[len(s.Ys)-1]
}

// Stats counts the work of a solve.
type Stats struct {
	Samples   int
	Steps     int           // steps in time of one sample; iterations, the most of any sample, for a steady problem
	NFE       int           // evaluations of the nonlinear term (of the operator, if steady) for one sample
	Runtime   time.Duration // wall time of the batch
	PerSample time.Duration // mean time of one sample on one core
}

// Status says how a solve ended.
type Status int

// A solve is Unsolved until it has ended.
const (
	Unsolved     Status = iota
	Solved              // reached the final time, or the tolerance
	NotFinite           // met a NaN or an infinity
	NotConverged        // ran out of iterations
	Stopped             // its context ended
	Failed              // the data have no solution; the error says why
	Unresolved          // got finer than its grid
)

// String names the status in words.
func (s Status) String() string {
	names := [...]string{"unsolved", "solved", "not finite", "not converged", "stopped", "failed", "unresolved"}
	if s < 0 || int(s) >= len(names) {
		return fmt.Sprintf("Status(%d)", int(s))
	}
	return names[s]
}

// NotFiniteError says where a solution stopped being finite. Found in an error by [errors.As].
type NotFiniteError struct {
	Equation string
	Sample   int     // index in the batch
	Step     int     // the step that gave it, counted from 1; 0: the initial field
	Steps    int     // of this many
	Time     float64 // at the end of that step
	Dt       float64 // length of a step
}

// Error says which sample failed at which step, and what to do.
func (e *NotFiniteError) Error() string {
	if e.Step == 0 {
		return fmt.Sprintf("pde: %s: sample %d has a value that is not finite at t = 0, want finite initial fields",
			e.Equation, e.Sample)
	}
	return fmt.Sprintf("pde: %s: sample %d is not finite at step %d of %d, t = %.6g: the step %.3g is too large, take more steps",
		e.Equation, e.Sample, e.Step, e.Steps, e.Time, e.Dt)
}

// UnresolvedError says where a solution of Fourier modes got too fine for its grid: where the highest tenth of the modes holds more
// than a hundredth of the energy. Found in an error by [errors.As].
type UnresolvedError struct {
	Equation string
	Sample   int // index in the batch
	Time     float64
	Grid     []int
	Share    float64 // of the energy
}

// Error says which sample failed when, and what to do.
func (e *UnresolvedError) Error() string {
	return fmt.Sprintf("pde: %s: sample %d at t = %.6g has %.2g %% of its energy in the highest tenth of the modes: a grid of %v points "+
		"is too coarse for it, take more points or more diffusion", e.Equation, e.Sample, e.Time, 100*e.Share, e.Grid)
}

// statusOf classifies the error of a solve.
func statusOf(err error) Status {
	var notFinite *NotFiniteError
	var unresolved *UnresolvedError
	switch {
	case err == nil:
		return Solved
	case errors.As(err, &notFinite):
		return NotFinite
	case errors.As(err, &unresolved):
		return Unresolved
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return Stopped
	case errors.Is(err, linear.ErrNotConverged):
		return NotConverged
	default:
		return Failed
	}
}

// highestShare is the most energy that the highest modes of a resolved solution hold: a kink has less, 1e-3 of it, a jump more.
const highestShare = 1e-2

// resolver is a marcher that knows whether its solution still fits its grid.
type resolver interface {
	resolved() (share float64, grid []int, ok bool)
}

// marcher advances the state of one sample; each worker has its own.
type marcher interface {
	start(u0 []float64)            // takes the initial field
	step() (finite bool)           // one step of the length it was made for
	save(dst []float64, t float64) // writes the field at time t
}

// Marcher advances the state of one sample of a [March]; each worker has its own.
type Marcher interface {
	Start(u0 []float64)            // takes the initial field
	Step() (finite bool)           // one step of the length it was made for
	Save(dst []float64, t float64) // writes the field at time t
}

// Resolver is a [Marcher] that knows how much of the energy its highest modes hold; more than a hundredth ends the march with
// an [UnresolvedError].
type Resolver interface {
	Resolved() (share float64, grid []int, ok bool)
}

// March solves every sample of the batch u0 [samples, points] from 0 to s.Until for a solver of another package. nfe is the number
// of evaluations a step, equation a name for messages, newMarcher is called once by each worker.
//
// Errors: what is wrong with s or the length of u0; those of a solve, see [Semilinear.Solve].
func March(
	ctx context.Context, equation string, u0 []float64, points int, s Stepping, nfe int, newMarcher func() Marcher,
) (Solution, error) {
	if err := s.Validate(); err != nil {
		return Solution{}, err
	}
	if points < 1 || len(u0) == 0 || len(u0)%points != 0 {
		return Solution{}, fmt.Errorf("pde: %s: %d initial values, want whole samples of %d", equation, len(u0), points)
	}
	return march(ctx, equation, u0, points, s, nfe, func() marcher { return outside{newMarcher()} })
}

// outside makes a marcher of one from another package.
type outside struct{ Marcher }

func (o outside) start(u0 []float64)            { o.Start(u0) }
func (o outside) step() bool                    { return o.Step() }
func (o outside) save(dst []float64, t float64) { o.Save(dst, t) }

func (o outside) resolved() (share float64, grid []int, ok bool) {
	if r, is := o.Marcher.(Resolver); is {
		return r.Resolved()
	}
	return 0, nil, true
}

// Steady solves every sample of a steady problem with values numbers in each answer, for a solver of another package. newSolver is called
// once by each worker; what it returns writes the answer of a sample to u, which is zero, and says how many iterations it took.
//
// Errors: that of the lowest sample that failed, with its index; the error of ctx.
func Steady(
	ctx context.Context, equation string, samples, values, workers int, report func(done, total int),
	newSolver func() func(sample int, u []float64) (iterations int, err error),
) (Solution, error) {
	began := time.Now()
	u := make([]float64, samples*values)
	busy, iterations := make([]time.Duration, samples), make([]int, samples)
	err := parallel.Each(ctx, samples, workers, report, func() func(int) error {
		solve := newSolver()
		return func(sample int) (err error) {
			start := time.Now()
			if iterations[sample], err = solve(sample, u[sample*values:(sample+1)*values]); err != nil {
				return fmt.Errorf("pde: %s: sample %d: %w", equation, sample, err)
			}
			busy[sample] = time.Since(start)
			return nil
		}
	})
	sol := Solution{Status: statusOf(err), Stats: Stats{Samples: samples, Runtime: time.Since(began)}}
	if err != nil {
		return sol, err
	}
	for _, n := range iterations {
		sol.Stats.Steps = max(sol.Stats.Steps, n)
	}
	sol.Stats.NFE, sol.Stats.PerSample = sol.Stats.Steps, mean(busy)
	sol.Ys = [][]float64{u}
	return sol, nil
}

// march solves every sample of the batch u0 [samples, points] from 0 to s.Until; nfe is the number of
// evaluations a step, equation a name for messages. The caller has validated s and the lengths.
func march(
	ctx context.Context, equation string, u0 []float64, points int, s Stepping, nfe int, newMarcher func() marcher,
) (Solution, error) {
	began := time.Now()
	samples, frames := len(u0)/points, s.frames()
	sol := Solution{Stats: Stats{Samples: samples, Steps: s.Steps, NFE: nfe * s.Steps}}
	for f := range frames {
		sol.Ts = append(sol.Ts, s.Until*float64(f+1)/float64(frames))
		sol.Ys = append(sol.Ys, make([]float64, len(u0)))
	}
	busy := make([]time.Duration, samples)
	err := parallel.Each(ctx, samples, s.Workers, s.Report, func() func(int) error {
		m := newMarcher()
		return func(sample int) error {
			start := time.Now()
			defer func() { busy[sample] = time.Since(start) }()
			return marchOne(ctx, equation, m, u0, points, sample, s, sol)
		}
	})
	sol.Status = statusOf(err)
	sol.Stats.Runtime = time.Since(began)
	if err != nil {
		sol.Ts, sol.Ys = nil, nil
		return sol, err
	}
	sol.Stats.PerSample = mean(busy)
	return sol, nil
}

// marchOne solves one sample of march.
func marchOne(
	ctx context.Context, equation string, m marcher, u0 []float64, points, sample int, s Stepping, sol Solution,
) error {
	at := func(ys []float64) []float64 { return ys[sample*points : (sample+1)*points] }
	every := s.Steps / len(sol.Ts)
	if !finite(at(u0)) {
		return &NotFiniteError{Equation: equation, Sample: sample, Steps: s.Steps, Dt: s.Dt()}
	}
	m.start(at(u0))
	for step := 1; step <= s.Steps; step++ {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("pde: %s: stopped at step %d of sample %d: %w", equation, step, sample, err)
		}
		if !m.step() {
			t := s.Until * float64(step) / float64(s.Steps)
			return &NotFiniteError{equation, sample, step, s.Steps, t, s.Dt()}
		}
		if step%every == 0 {
			frame := step/every - 1
			m.save(at(sol.Ys[frame]), sol.Ts[frame])
			if r, is := m.(resolver); is {
				if share, grid, ok := r.resolved(); !ok {
					return &UnresolvedError{equation, sample, sol.Ts[frame], grid, share}
				}
			}
		}
	}
	return nil
}

// finite tells whether all of u is. The sum of u_i - u_i is NaN exactly if it is not.
func finite(u []float64) bool {
	var sum float64
	for _, v := range u {
		sum += v - v
	}
	return sum == 0
}

func mean(ds []time.Duration) time.Duration {
	var sum time.Duration
	for _, d := range ds {
		sum += d
	}
	return sum / time.Duration(max(len(ds), 1))
}

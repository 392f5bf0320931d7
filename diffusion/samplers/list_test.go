package samplers_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/diffusion/samplers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// The table of errors tells samplers apart by their names, and says why an order is below one.
func TestListedSamplers(t *testing.T) {
	seen := map[string]bool{}
	for i, all := range [][]samplers.Method{samplers.Deterministic(), samplers.Stochastic()} {
		for _, m := range all {
			info := m.Info()
			if seen[info.Name] {
				t.Errorf("two samplers have the name %s", info.Name)
			}
			seen[info.Name] = true
			if err := m.Validate(); err != nil {
				t.Errorf("%s: %v", info.Name, err)
			}
			if info.Stochastic != (i == 1) || info.Order < 1 {
				t.Errorf("%s: stochastic %v, order %d", info.Name, info.Stochastic, info.Order)
			}
			if strings.Contains(info.Name, "-3") && info.Order < 3 && info.Below == "" {
				t.Errorf("%s is of order %d and does not say why", info.Name, info.Order)
			}
			if _, err := zoo.Bib(info.Bib); err != nil {
				t.Errorf("%s: %v", info.Name, err)
			}
		}
	}
}

// Every order that a method accepts has its row in the table of errors.
func TestAllOrdersAreListed(t *testing.T) {
	listed := append(samplers.Deterministic(), samplers.Stochastic()...)
	for _, of := range []func(order int) samplers.Method{
		func(n int) samplers.Method { return samplers.DPMSolver{Order: n} },
		func(n int) samplers.Method { return samplers.DPMSolver{Order: n, Kind: samplers.Singlestep} },
		func(n int) samplers.Method { return samplers.DPMSolver{Order: n, Eta: 1} },
		func(n int) samplers.Method { return samplers.DPMSolverPP{Order: n} },
		func(n int) samplers.Method { return samplers.DPMSolverPP{Order: n, Kind: samplers.Singlestep} },
		func(n int) samplers.Method { return samplers.DPMSolverPP{Order: n, Eta: 1} },
		func(n int) samplers.Method { return samplers.DEIS{Order: n} },
		func(n int) samplers.Method { return samplers.LMS(n) },
		func(n int) samplers.Method { return samplers.DEIS{Order: n, In: samplers.InLambda} },
		func(n int) samplers.Method { return samplers.UniPC{Order: n} },
		func(n int) samplers.Method { return samplers.UniPC{Order: n, PredictorOnly: true} },
		func(n int) samplers.Method { return samplers.ERSDE{Order: n} },
		func(n int) samplers.Method { return samplers.ERSDE{Order: n, Scale: samplers.ODE} },
		func(n int) samplers.Method { return samplers.IPNDM{Order: n} },
	} {
		n := 1
		for ; of(n).Validate() == nil; n++ {
			if !slices.Contains(listed, of(n)) {
				t.Errorf("%s is not listed", of(n).Info().Name)
			}
		}
		if n < 4 {
			t.Errorf("%T has orders below %d alone, want 3 at least", of(1), n)
		}
	}
}

func TestMomentErrorRefuses(t *testing.T) {
	for want, p := range map[string]samplers.Plan{
		"Plan.Method or Plan.Schedule = nil": {},
		"Plan.NFE = 0":                       {Method: samplers.DDPM{}, Schedule: diffusion.StandardVP()},
	} {
		if _, err := samplers.MomentError(p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	// To no noise at all: 400 evaluations of first order leave a small error, not one of the wrong end.
	e, err := samplers.MomentError(samplers.Plan{Method: samplers.DDIM{}, Schedule: diffusion.StandardVP(), NFE: 400, ToZero: true})
	if err != nil || !(e < 0.01) {
		t.Errorf("DDIM in 400 evaluations to no noise has the error %v, %v; want below 0.01", e, err)
	}
}

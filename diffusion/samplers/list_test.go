package samplers_test

import (
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

package diffusion_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/internal/check"
)

func schedules(t *testing.T) []diffusion.Schedule {
	t.Helper()
	table, err := diffusion.FromBetas(diffusion.LinearBetas(50, 1e-3, 0.3))
	if err != nil {
		t.Fatal(err)
	}
	return []diffusion.Schedule{
		diffusion.StandardVP(), diffusion.StandardCosine(),
		diffusion.SubVP{BetaMin: 0.1, BetaMax: 20, TMin: 1e-3},
		diffusion.MeanReverting{ThetaMin: 0.5, ThetaMax: 4, Level: 0.3, TMin: 1e-3},
		diffusion.MeanReverting{ThetaMin: 3, ThetaMax: 3, Level: 2},
		diffusion.VE{SigmaMin: 0.01, SigmaMax: 50},
		diffusion.StandardEDM(),
		diffusion.ConditionalOT{},
		diffusion.ConditionalOT{SigmaMin: 0.01},
		diffusion.CosinePath{},
		diffusion.PolynomialPath{Power: 3},
		table,
	}
}

// inner are times within a schedule, off the table's entries.
func inner(s diffusion.Schedule) []float64 {
	noise, data := s.Ends()
	var ts []float64
	for _, part := range []float64{0.013, 0.111, 0.307, 0.523, 0.771, 0.967} {
		ts = append(ts, data+(noise-data)*part)
	}
	return ts
}

func TestSchedules(t *testing.T) {
	for _, s := range schedules(t) {
		t.Run(fmt.Sprintf("%T", s), func(t *testing.T) {
			if err := s.Validate(); err != nil {
				t.Fatal(err)
			}
			ts := inner(s)
			before := math.Inf(1)
			for _, at := range ts { // from the data end on
				p := diffusion.At(s, at)
				if !(p.Lambda() < before) {
					t.Errorf("λ(%v) = %v after %v, want it to fall away from the data", at, p.Lambda(), before)
				}
				before = p.Lambda()
				// λ from 10 to -10 has an absolute error of 1e-15, and t one of that over dλ/dt ≥ 0.1.
				if back := s.Time(p.Lambda()); !(math.Abs(back-at) <= 1e-12*max(1, at)) {
					t.Errorf("Time(λ(%v)) = %v", at, back)
				}
				const h = 1e-6 // central differences: h² of a third derivative below 100, and round-off 1e-16/h
				dAlpha, dSigma := (s.Alpha(at+h)-s.Alpha(at-h))/(2*h), (s.Sigma(at+h)-s.Sigma(at-h))/(2*h)
				if !(math.Abs(p.DAlpha-dAlpha) < 1e-6) || !(math.Abs(p.DSigma-dSigma) < 1e-6*max(1, math.Abs(dSigma))) {
					t.Errorf("rates at %v are %v and %v, want %v and %v by differences", at, p.DAlpha, p.DSigma, dAlpha, dSigma)
				}
			}
			wantNodes(t, s, ts)
		})
	}
}

// wantNodes wants the graph form to be the host's.
func wantNodes(t *testing.T, s diffusion.Schedule, ts []float64) {
	t.Helper()
	var lambdas []float64
	for _, at := range ts {
		lambdas = append(lambdas, diffusion.At(s, at).Lambda())
	}
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		l := diffusion.LevelAt(s, in[0])
		return []*Node{l.Alpha, l.Sigma, l.DAlpha, l.DSigma, diffusion.TimeNodes(s, in[1])}
	}, ts, lambdas)
	for i, at := range ts {
		p := diffusion.At(s, at)
		for k, want := range []float64{p.Alpha, p.Sigma, p.DAlpha, p.DSigma, at} {
			// Round-off, of which inverse and rates make more where λ is steep.
			if got := check.Floats(out[k])[i]; !(math.Abs(got-want) <= 1e-11*max(1, math.Abs(want))) {
				t.Errorf("number %d of t = %v is %v in the graph, want %v", k, at, got, want)
			}
		}
	}
}

func TestSchedulesRefuse(t *testing.T) {
	for want, s := range map[string]diffusion.Schedule{
		"VPLinear.BetaMin, BetaMax = 3, 1, want":                diffusion.VPLinear{BetaMin: 3, BetaMax: 1},
		"MeanReverting.ThetaMin, ThetaMax = 2, 1, want":         diffusion.MeanReverting{ThetaMin: 2, ThetaMax: 1, Level: 1},
		"MeanReverting.Level = 0, want the deviation":           diffusion.MeanReverting{ThetaMin: 1, ThetaMax: 1},
		"SubVP.TMin = 1, want":                                  diffusion.SubVP{BetaMin: 1, BetaMax: 2, TMin: 1},
		"VE.SigmaMin, SigmaMax = 2, 1, want":                    diffusion.VE{SigmaMin: 2, SigmaMax: 1},
		"EDM.SigmaMin, SigmaMax = 0, 1, want":                   diffusion.EDM{SigmaMax: 1},
		"VPCosine.TMin, TMax = 0.5, 0.1, want":                  diffusion.VPCosine{Offset: 0.1, TMin: 0.5, TMax: 0.1},
		"ConditionalOT.SigmaMin = -1, want":                     diffusion.ConditionalOT{SigmaMin: -1},
		"PolynomialPath.Power = 0.5, want":                      diffusion.PolynomialPath{Power: 0.5},
		"Discrete.LogAlpha[2] = -0.5 after -1, want it lower":   diffusion.Discrete{LogAlpha: []float64{-0.2, -1, -0.5}},
		"Discrete.LogAlpha has 0 entries, want at least 2":      diffusion.Discrete{},
		"VPCosine.Offset = 0, want it above 0":                  diffusion.VPCosine{TMax: 1},
		"VPLinear.TMin = NaN, want 0 or more":                   diffusion.VPLinear{BetaMin: 1, BetaMax: 2, TMin: math.NaN()},
		"VE.SigmaMin, SigmaMax = 1, +Inf, want 0 < SigmaMin < ": diffusion.VE{SigmaMin: 1, SigmaMax: math.Inf(1)},
	} {
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", s, err, want)
		}
	}
	if _, err := diffusion.FromBetas([]float64{0.1, 1}); err == nil || !strings.Contains(err.Error(), "β[1] = 1, want") {
		t.Errorf("β = 1 gives %v", err)
	}
	if err := diffusion.Inside(diffusion.StandardVP(), 0.5, 1.5); err == nil || !strings.Contains(err.Error(), "time 1 is 1.5, want it in [0.001, 1]") {
		t.Errorf("t = 1.5 gives %v", err)
	}
}

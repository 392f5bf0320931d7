package expression

import (
	"errors"
	"fmt"
	"strconv"
)

// Mirrored checks that an evolution equation goes over into itself when a coordinate is mirrored and each unknown takes its sign, 1 or -1. Then a
// solution that starts even, or odd for the sign -1, remains so: a mirror stands for the end of a domain with u_x = 0, or u = 0. Terms without
// unknowns are not looked at where they vary.
//
// Errors: as [System.Semilinear]; the terms whose sign is not that of their unknown.
func (s System) Mirrored(along string, signs map[string]float64) error {
	equations, err := s.WrittenOut()
	if err != nil {
		return err
	}
	if s.Time == "" {
		return errors.New(`expression: System.Time = "", want the coordinate that is time for an evolution equation`)
	}
	rates, p, err := s.rates(equations)
	if err != nil {
		return err
	}
	var errs []error
	for channel, rate := range rates {
		u := s.Unknowns[channel]
		for _, m := range rate {
			sign := 1.0
			for _, place := range m.places {
				sign *= signs[p.atoms[place].Of]
				for _, by := range p.atoms[place].By {
					if by == along {
						sign = -sign
					}
				}
			}
			if sign == signs[u] {
				continue
			}
			shown := p.shown(m)
			if len(m.places) == 0 {
				shown = strconv.FormatFloat(m.weight, 'g', -1, 64)
			}
			errs = append(errs, fmt.Errorf("expression: the term %s of %s_%s is %s along %s where %s is %s",
				shown, u, s.Time, parity(sign), along, u, parity(signs[u])))
		}
	}
	return errors.Join(errs...)
}

func parity(sign float64) string {
	if sign < 0 {
		return "odd"
	}
	return "even"
}

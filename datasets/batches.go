package datasets

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
)

// Batches goes through rows in shuffled batches, epoch after epoch, for loops on the host. It marshals to JSON, and what is read back goes on with the
// same batches as what was written would have.
//
// An epoch is a permutation of Seed and its number; rows that do not fill a batch are left out of it, other ones each time. (Training needs none
// of this: the driver keeps the rows on the device and draws batches there.)
type Batches struct {
	Rows int // ≥ 1
	Size int // of a batch, in [1, Rows]
	Seed uint64
	Step int64 // number of batches taken so far

	order order
}

// order is the permutation of an epoch, kept while it lasts.
type order struct {
	seed  uint64
	epoch int64
	rows  []int
}

// Validate lists all that is wrong with b.
func (b *Batches) Validate() error {
	var errs []error
	if b.Rows < 1 {
		errs = append(errs, fmt.Errorf("datasets: Batches.Rows = %d, want at least 1", b.Rows))
	}
	if b.Size < 1 || b.Size > b.Rows {
		errs = append(errs, fmt.Errorf("datasets: Batches.Size = %d, want 1 to the number of rows, %d", b.Size, b.Rows))
	}
	if b.Step < 0 {
		errs = append(errs, fmt.Errorf("datasets: Batches.Step = %d, want at least 0", b.Step))
	}
	return errors.Join(errs...)
}

// Next returns the numbers of the next batch's rows.
//
// Errors: what Validate finds.
func (b *Batches) Next() ([]int, error) {
	if err := b.Validate(); err != nil {
		return nil, err
	}
	per := int64(b.Rows / b.Size)
	epoch, part := b.Step/per, int(b.Step%per)
	if o := &b.order; len(o.rows) != b.Rows || o.seed != b.Seed || o.epoch != epoch {
		*o = order{b.Seed, epoch, rand.New(rand.NewPCG(b.Seed, uint64(epoch))).Perm(b.Rows)}
	}
	b.Step++
	return slices.Clone(b.order.rows[part*b.Size : (part+1)*b.Size]), nil
}

// Take returns some of the pairs, in the order of rows.
//
// Errors: a row that there is not; arrays that are not valid.
func (p Pairs) Take(rows []int) (Pairs, error) {
	out := p
	var err error
	if out.Input, err = p.Input.take(rows); err == nil {
		out.Output, err = p.Output.take(rows)
	}
	return out, err
}

func (a Array) take(rows []int) (Array, error) {
	if err := a.Validate(); err != nil {
		return Array{}, err
	}
	out := a
	out.Dims = slices.Clone(a.Dims)
	out.Values = make([]float64, 0, len(a.Values)/max(1, a.Samples())*len(rows))
	for _, r := range rows {
		if r < 0 || r >= a.Samples() {
			return Array{}, fmt.Errorf("datasets: Pairs.Take: row %d of %s, want 0 to %d", r, a.Name, a.Samples()-1)
		}
		out.Values = append(out.Values, a.Sample(r)...)
	}
	if len(out.Dims) > 0 {
		out.Dims[0] = len(rows)
	}
	return out, nil
}

// Split cuts the pairs into parts of so many each, of different pairs in an order that seed shuffles.
//
// Errors: a part below 1; more pairs in the parts than there are.
func (p Pairs) Split(seed uint64, counts ...int) ([]Pairs, error) {
	total := 0
	for i, n := range counts {
		if n < 1 {
			return nil, fmt.Errorf("datasets: Pairs.Split: part %d of %d pairs, want at least 1", i, n)
		}
		total += n
	}
	if total > p.Len() {
		return nil, fmt.Errorf("datasets: Pairs.Split: parts of %d pairs together, want at most %d", total, p.Len())
	}
	rows := rand.New(rand.NewPCG(seed, mix(seed))).Perm(p.Len())
	parts := make([]Pairs, len(counts))
	for i, n := range counts {
		var err error
		if parts[i], err = p.Take(rows[:n]); err != nil {
			return nil, err
		}
		rows = rows[n:]
	}
	return parts, nil
}

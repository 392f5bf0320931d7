package parallel_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/fieldbook-go/fieldbook/internal/parallel"
)

func TestEachDoesEveryPieceOnce(t *testing.T) {
	for _, workers := range []int{0, 1, 3, 50} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			const n = 20
			count := make([]int, n)
			var reports []int
			err := parallel.Each(t.Context(), n, workers,
				func(done, total int) {
					if total != n {
						t.Errorf("total = %d, want %d", total, n)
					}
					reports = append(reports, done)
				},
				func() func(int) error { return func(i int) error { count[i]++; return nil } })
			if err != nil {
				t.Fatal(err)
			}
			for i := range n {
				if count[i] != 1 || reports[i] != i+1 {
					t.Fatalf("piece %d done %d times, reports %v", i, count[i], reports)
				}
			}
		})
	}
}

// TestEachReportsTheLowestFailure makes the lower of two failures the slower one.
func TestEachReportsTheLowestFailure(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		err := parallel.Each(t.Context(), 100, workers, nil, func() func(int) error {
			return func(i int) error {
				switch i {
				case 6:
					time.Sleep(20 * time.Millisecond)
					return errors.New("six")
				case 7:
					return errors.New("seven")
				}
				return nil
			}
		})
		if err == nil || err.Error() != "six" {
			t.Errorf("%d workers: error %v, want six", workers, err)
		}
	}
}

func TestEachStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var done []int
	err := parallel.Each(ctx, 100, 1, nil, func() func(int) error {
		return func(i int) error {
			done = append(done, i)
			if i == 4 {
				cancel()
			}
			return nil
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	if want := []int{0, 1, 2, 3, 4}; !slices.Equal(done, want) {
		t.Errorf("pieces %v done, want %v", done, want)
	}
}

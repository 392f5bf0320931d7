// Package parallel spreads independent pieces of work over goroutines, such that neither
// results nor errors depend on how many of them there are.
package parallel

import (
	"context"
	"runtime"
	"sync"
)

// Each does pieces 0 … n-1 on at most workers goroutines (0: one a core, runtime.GOMAXPROCS).
//
// Each goroutine calls start once and then the function that it returned for each of its pieces, so
// that scratch memory made in start is never shared. Pieces are handed out in increasing order.
// report, if not nil, is called after each piece with the number of pieces done; its calls never
// overlap and done grows by one each time.
//
// Errors: after a failure or when ctx ends, no further piece is handed out. The error is that of the
// lowest piece that failed, the same for any number of workers; the context's error comes
// only where no piece failed.
func Each(
	ctx context.Context, n, workers int, report func(done, total int), start func() func(piece int) error,
) error {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	q := &queue{ctx: ctx, n: n, failed: n, report: report}
	var group sync.WaitGroup
	for range min(workers, n) {
		group.Go(func() {
			work := start()
			for piece, ok := q.take(); ok; piece, ok = q.take() {
				q.finish(piece, work(piece))
			}
		})
	}
	group.Wait()
	if q.err != nil {
		return q.err
	}
	if q.done < n {
		return ctx.Err()
	}
	return nil
}

// queue is the state that the goroutines of one Each share.
type queue struct {
	ctx    context.Context
	n      int
	report func(done, total int)

	mu     sync.Mutex
	next   int   // the next piece to hand out
	done   int   // pieces that are finished without an error
	failed int   // the lowest piece that failed, n if none did
	err    error // its error
}

// take hands out the next piece, or ok = false when there is none to do.
func (q *queue) take() (piece int, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.next >= q.n || q.err != nil || q.ctx.Err() != nil {
		return 0, false
	}
	q.next++
	return q.next - 1, true
}

// finish records the outcome of a piece.
func (q *queue) finish(piece int, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err != nil {
		if piece < q.failed {
			q.failed, q.err = piece, err
		}
		return
	}
	q.done++
	if q.report != nil {
		q.report(q.done, q.n)
	}
}

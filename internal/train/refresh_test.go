package train_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// pooled is a curve from a stream with a weight that each refresh doubles. The stream breaks at a step, if it is told to.
type pooled struct {
	curve
	breakAt *int64 // step; negative: nowhere
}

var errBroken = errors.New("the stream broke")

const (
	pooledEvery = 10
	pooledBatch = 20
)

func (p pooled) Data() (zoo.Data, error) {
	d, err := p.curve.Data()
	whole := d.Stream
	d.Stream = func(ctx context.Context, from int64, n int) ([]*tensors.Tensor, error) {
		if from == *p.breakAt*pooledBatch {
			return nil, errBroken
		}
		return whole(ctx, from, n)
	}
	return d, err
}

func weight(s *zoo.Step) *model.Variable {
	return s.Scope.At("pool").VariableWithValue("weight", float32(0.01)).SetTrainable(false)
}

func (p pooled) Loss(s *zoo.Step) []zoo.Term {
	u := p.network(s, s.Rows[0])
	return append(p.curve.Loss(s), zoo.Term{Name: "pool", Value: Mul(ReduceAllMean(Square(u)), weight(s).NodeValue(s.Graph)), Weight: 1})
}

func (pooled) RefreshEvery() int { return pooledEvery }

func (pooled) Refresh(s *zoo.Step) {
	w := weight(s)
	w.SetNodeValue(MulScalar(w.NodeValue(s.Graph), 2))
}

var _ zoo.Refresher = pooled{}

func TestARefreshIsNotDoneTwice(t *testing.T) {
	task := pooled{newCurve(), new(int64)}
	task.Stream = true
	fit := train.Fit{Steps: 45, Batch: pooledBatch, Rate: 1e-2}
	*task.breakAt = -1
	unbroken := values(t, trained(t, task, fit, train.Options{}))
	if got := unbroken["/pool/weight"]; got != float32(0.16) {
		t.Fatalf("after four refreshes the weight is %v, want 0.16", got)
	}
	*task.breakAt = 20 // where a refresh is due: it comes before the rows
	d, err := train.New(open(t), task, fit, train.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Run(t.Context(), func(train.Progress) error { return nil }); !errors.Is(err, errBroken) || d.Step() != 20 {
		t.Fatalf("error = %v at step %d, want the stream's at 20", err, d.Step())
	}
	s, err := d.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	*task.breakAt = -1
	again, err := train.New(open(t), task, fit, train.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Restore(s); err != nil {
		t.Fatal(err)
	}
	if err := again.Run(t.Context(), func(train.Progress) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(values(t, again), unbroken) {
		t.Error("the run that went on after a broken stream ended elsewhere")
	}
}

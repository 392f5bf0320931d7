package embedding_test

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/layers/dit"
	"github.com/fieldbook-go/fieldbook/layers/embedding"
	"github.com/fieldbook-go/fieldbook/layers/timemlp"
	"github.com/fieldbook-go/fieldbook/layers/unet"
	"github.com/fieldbook-go/fieldbook/zoo"
)

const batch = 2

// told is one network with its state, time and condition.
type told struct {
	name  string
	net   zoo.Model
	state []int // dimensions
	in    []any
	c     embedding.Conditioning
}

// networks are small ones of every kind, which together take every condition. A U-Net takes seconds to compile.
func networks() []told {
	var all []told
	add := func(name string, net func(embedding.Conditioning) zoo.Model, c embedding.Conditioning, state ...int) {
		in := []any{check.Random(1, state...)}
		if c.Time != embedding.NoTime {
			in = append(in, check.Random(2, batch, 2)) // two times
		}
		condition := map[embedding.Condition]*tensors.Tensor{
			embedding.ClassCondition:  tensors.FromFlatDataAndDimensions([]int32{0, 2}, batch),
			embedding.VectorCondition: check.Random(3, batch, 5),
			embedding.TokenCondition:  check.Random(3, batch, 3, 5),
			embedding.FieldCondition:  check.Random(3, state...),
		}
		if c.Condition != embedding.NoCondition {
			in = append(in, condition[c.Condition])
		}
		all = append(all, told{fmt.Sprintf("%s %v %s %s", name, state, c.Time, c.Condition), net(c), state, in, c})
	}
	u := func(c embedding.Conditioning) zoo.Model {
		return unet.Model{Channels: 4, Multipliers: []int{2}, Blocks: 1, Attention: []int{0}, Heads: 2, Groups: 2, Patch: 1, Out: 2, Conditioning: c}
	}
	line := func(c embedding.Conditioning) zoo.Model {
		return unet.Model{Channels: 4, Multipliers: []int{1, 2}, Blocks: 1, Groups: 2, Patch: 2, Out: 2, Padding: layers.PeriodicPadding, Conditioning: c}
	}
	d := func(c embedding.Conditioning) zoo.Model {
		return dit.Model{Patch: 2, Width: 8, Depth: 2, Heads: 2, Ratio: 2, Out: 2, Conditioning: c}
	}
	m := func(c embedding.Conditioning) zoo.Model {
		return timemlp.Model{Width: 6, Depth: 2, Out: 2, Conditioning: c}
	}
	c := embedding.Conditioning{Width: 4, Scale: 10}
	of := func(condition embedding.Condition) embedding.Conditioning {
		c := c
		c.Condition, c.Classes = condition, 3
		return c
	}
	fourier, noTime := of(embedding.ClassCondition), of(embedding.ClassCondition)
	fourier.Time, noTime.Time = embedding.FourierTime, embedding.NoTime
	add("unet", u, of(embedding.TokenCondition), batch, 4, 2, 3)
	add("unet", line, of(embedding.FieldCondition), batch, 8, 1)
	add("dit", d, of(embedding.TokenCondition), batch, 4, 6, 3)
	add("dit", d, fourier, batch, 8, 1)
	add("timemlp", m, c, batch, 2)
	add("timemlp", m, noTime, batch, 2)
	add("timemlp", m, of(embedding.VectorCondition), batch, 2)
	return all
}

// TestOneTimeForAll compares a time that is broadcast over the batch with as many equal times.
func TestOneTimeForAll(t *testing.T) {
	for _, n := range networks() {
		if n.c.Time == embedding.NoTime || strings.HasPrefix(n.name, "unet") && n.c.Condition == embedding.FieldCondition { // programs take seconds
			continue
		}
		t.Run(n.name, func(t *testing.T) {
			const time = 0.3
			in := slices.Clone(n.in)
			in[1] = tensors.FromFlatDataAndDimensions([]float64{time, time}, batch, 1)
			store := model.NewStore()
			check.Eval(t, store, func(scope *model.Scope, in []*Node) []*Node { return []*Node{n.net.Forward(scope, in...)} }, in...)
			shake(t, store)
			out := check.Eval(t, store, func(scope *model.Scope, in []*Node) []*Node {
				one := BroadcastToDims(Reshape(Scalar(in[0].Graph(), in[0].DType(), time), 1, 1), batch, 1)
				told := n.c.Forward(scope.At("other"), slices.Replace(slices.Clone(in), 1, 2, one)...)
				want := 1
				if n.c.Condition == embedding.ClassCondition || n.c.Condition == embedding.VectorCondition {
					want = batch
				}
				if got := told.Vector.Shape().Dim(0); got != want {
					t.Errorf("the embedding has %d rows, want %d", got, want)
				}
				return []*Node{n.net.Forward(scope, in...), n.net.Forward(scope, slices.Replace(slices.Clone(in), 1, 2, one)...)}
			}, in...)
			// Round-off of sums of about ten products of numbers of size one, in another order.
			if d := check.MaxDiff(t, out[0], out[1]); d > 1e-12 {
				t.Errorf("one time for all: %v away from as many equal times", d)
			}
		})
	}
}

// TestNetworks looks at shapes, weights shared between calls, JSON, bits on a re-run, gradients, and whether each sample's answer
// depends on all that it is told and on no other sample.
func TestNetworks(t *testing.T) {
	for _, n := range networks() {
		t.Run(n.name, func(t *testing.T) {
			if err := n.net.Validate(); err != nil {
				t.Fatal(err)
			}
			store, again := model.NewStore(), decoded(t, n.net)
			check.Eval(t, store, func(scope *model.Scope, in []*Node) []*Node { return []*Node{n.net.Forward(scope, in...)} }, n.in...)
			once := store.NumVariables()
			shake(t, store)
			exec, err := model.NewExec(check.Backend(t), store, zoo.GraphFn(t.Name(), func(scope *model.Scope, in []*Node) []*Node {
				u := n.net.Forward(scope, in...)
				var weights []*Node
				for _, v := range check.Trainable(store) {
					weights = append(weights, v.NodeValue(u.Graph()))
				}
				return append([]*Node{u, again.Forward(scope, in...)}, Gradient(ReduceAllMean(Square(AddScalar(u, -1))), weights...)...)
			}))
			if err != nil {
				t.Fatal(err)
			}
			defer exec.Finalize()
			run := func(in []any) []*tensors.Tensor {
				out, err := exec.Exec(in...)
				if err != nil {
					t.Fatal(err)
				}
				return out
			}
			out, rerun := run(n.in), run(n.in)
			if n := store.NumVariables(); n != once {
				t.Errorf("%d variables after one call, %d after two", once, n)
			}
			checkOutput(t, n, store, out, rerun)
			for i := range n.in {
				a, b := check.Floats(out[0]), check.Floats(run(n.changed(i))[0])
				half := len(a) / 2
				if !reflect.DeepEqual(a[:half], b[:half]) || reflect.DeepEqual(a[half:], b[half:]) {
					t.Errorf("input %d of the second sample: want the first answer as it was, and the second changed", i)
				}
			}
		})
	}
}

// checkOutput looks at a network's output, the output of the network after JSON, and the gradients.
func checkOutput(t *testing.T, n told, store *model.Store, out, rerun []*tensors.Tensor) {
	t.Helper()
	if want := append(slices.Clone(n.state[:len(n.state)-1]), 2); !reflect.DeepEqual(out[0].Shape().Dimensions, want) {
		t.Errorf("output %s, want %v", out[0].Shape(), want)
	}
	if d := check.MaxDiff(t, out[0], out[1]); d != 0 { // the same operations on the same weights
		t.Errorf("after JSON it differs by %v", d)
	}
	for i := range out {
		if !reflect.DeepEqual(check.Floats(out[i]), check.Floats(rerun[i])) {
			t.Errorf("result %d has other bits when it is run again", i)
		}
	}
	for i, v := range check.Trainable(store) {
		if g := check.Floats(out[2+i]); !finiteAndVaried(g) {
			t.Errorf("gradient of %s is %v, want finite numbers that are not all zero", v.Path(), g)
		}
	}
}

// changed is the inputs with the last number of one of them changed.
func (n told) changed(i int) []any {
	other := slices.Clone(n.in)
	if n.c.Condition == embedding.ClassCondition && i == len(n.in)-1 {
		other[i] = tensors.FromFlatDataAndDimensions([]int32{0, 3}, batch)
		return other
	}
	x := n.in[i].(*tensors.Tensor)
	v := check.Floats(x)
	v[len(v)-1]++ // of the last sample; the second of two times
	other[i] = tensors.FromFlatDataAndDimensions(v, x.Shape().Dimensions...)
	return other
}

// shake moves every weight, so that none is zero.
func shake(t *testing.T, store *model.Store) {
	t.Helper()
	for i, v := range check.Trainable(store) {
		w, by := check.Floats(v.MustValue()), check.Floats(check.Random(uint64(i), v.Shape().Dimensions...))
		for j := range w {
			w[j] += 0.3 * by[j]
		}
		if err := v.SetValue(tensors.FromFlatDataAndDimensions(w, v.Shape().Dimensions...)); err != nil {
			t.Fatal(err)
		}
	}
}

func finiteAndVaried(v []float64) bool {
	bad := func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }
	return !slices.ContainsFunc(v, bad) && slices.ContainsFunc(v, func(x float64) bool { return x != 0 })
}

// decoded is a network after a round trip through JSON.
func decoded(t *testing.T, net zoo.Model) zoo.Model {
	t.Helper()
	text, err := json.Marshal(net)
	if err != nil {
		t.Fatal(err)
	}
	again := reflect.New(reflect.TypeOf(net))
	if err := json.Unmarshal(text, again.Interface()); err != nil || !reflect.DeepEqual(again.Elem().Interface(), net) {
		t.Fatalf("after JSON %+v, want %+v (%v)", again.Elem().Interface(), net, err)
	}
	return again.Elem().Interface().(zoo.Model)
}

func TestTransformerStartsAsIdentity(t *testing.T) {
	x, times := check.Random(1, batch, 4, 4, 3), check.Random(2, batch)
	d := dit.Model{Patch: 2, Width: 8, Depth: 1, Heads: 2, Ratio: 2, Out: 3, Conditioning: embedding.Conditioning{Width: 4, Scale: 10}}
	run := func(net zoo.Model, store *model.Store) *tensors.Tensor {
		return check.Eval(t, store, func(scope *model.Scope, in []*Node) []*Node { return []*Node{net.Forward(scope, in...)} }, x, times)[0]
	}
	// Answers with a last layer that is not zero.
	answer := func(net zoo.Model) *tensors.Tensor {
		store := model.NewStore()
		if d := check.MaxDiff(t, run(net, store), tensors.FromShape(x.Shape())); d != 0 { // products with zero
			t.Errorf("the transformer starts with %v, want zero", d)
		}
		v := store.GetVariable("/dit/out/w")
		if err := v.SetValue(check.Random(4, v.Shape().Dimensions...)); err != nil {
			t.Fatal(err)
		}
		return run(net, store)
	}
	one := answer(d)
	d.Depth = 3
	if diff := check.MaxDiff(t, one, answer(d)); diff != 0 || !finiteAndVaried(check.Floats(one)) { // x + 0·h
		t.Errorf("one block and three differ by %v at the start, want identities", diff)
	}
}

func TestPeriodicUNetCommutesWithShifts(t *testing.T) {
	net := unet.Model{
		Channels: 4, Multipliers: []int{1, 1}, Blocks: 1, Groups: 2, Patch: 1, Out: 1,
		Padding: layers.PeriodicPadding, Conditioning: embedding.Conditioning{Width: 4, Scale: 10},
	}
	roll := func(x *Node, by int) *Node {
		return Concatenate([]*Node{SliceAxis(x, 1, AxisRange(by)), SliceAxis(x, 1, AxisRange(0, by))}, 1)
	}
	store := model.NewStore()
	exec, err := model.NewExec(check.Backend(t), store, zoo.GraphFn(t.Name(), func(scope *model.Scope, in []*Node) []*Node {
		u := net.Forward(scope, in...)
		return []*Node{u, roll(u, 2), net.Forward(scope, roll(in[0], 2), in[1]), roll(u, 1), net.Forward(scope, roll(in[0], 1), in[1])}
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	run := func() []*tensors.Tensor {
		out, err := exec.Exec(check.Random(1, batch, 8, 4, 1), check.Random(2, batch))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	start := run()[0]
	// The last layer starts at 1e-5 of the usual.
	if d := check.MaxDiff(t, start, tensors.FromShape(start.Shape())); !(d > 0 && d < 1e-4) {
		t.Errorf("the U-Net starts with %v, want about 1e-5", d)
	}
	shake(t, store)
	out := run()
	// The coarsest level has two points to one: it commutes with shifts by two, and with no other. Values of size 1 through ten layers.
	if d := check.MaxDiff(t, out[1], out[2]); !(d < 1e-12) {
		t.Errorf("a shift by two points differs by %v", d)
	}
	if d := check.MaxDiff(t, out[3], out[4]); !(d > 1e-3) {
		t.Errorf("a shift by one point differs by %v only: does the test see anything?", d)
	}
}

func TestNetworksRefuse(t *testing.T) {
	for want, net := range map[string]zoo.Model{
		"unet: Model.Channels = 0, want at least 1":             unet.Model{},
		"unet: Model.Multipliers = [], want one number a level": unet.Model{},
		"unet: Model.Groups = 3, want a divisor of the 4":       unet.Model{Channels: 4, Groups: 3},
		"unet: Model.Attention[0] = 1, want a level, 0 to 0":    unet.Model{Channels: 4, Multipliers: []int{1}, Attention: []int{1}},
		"unet: Model.Heads = 3, want a divisor of the 4 ch":     unet.Model{Channels: 4, Multipliers: []int{1}, Attention: []int{0}, Heads: 3},
		"unet: Model.Heads = 0, want at least 1, since there":   unet.Model{Channels: 4, Multipliers: []int{1}, Attention: []int{0}},
		"unet: Model.Attention = [], want at least one level": unet.Model{
			Conditioning: embedding.Conditioning{Condition: embedding.TokenCondition},
		},
		"unet: Model.Conditioning.Scale = 0":                                   unet.Model{},
		"dit: Model.Patch = 0, want at least 1":                                dit.Model{},
		"dit: Model.Heads = 3, want a divisor of the width 8":                  dit.Model{Width: 8, Heads: 3},
		`dit: Model.Conditioning = {Time: "none", Condition: ""}, want a time`: dit.Model{Conditioning: embedding.Conditioning{Time: embedding.NoTime}},
		"timemlp: Model.Depth = 0, want at least 1":                            timemlp.Model{},
		`timemlp: Model.Conditioning.Condition = "tokens", want`: timemlp.Model{
			Conditioning: embedding.Conditioning{Condition: embedding.TokenCondition},
		},
	} {
		if err := net.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
	u, d, m := unet.Default(), dit.Default(), timemlp.Default()
	odd := d
	odd.Width, odd.Patch = 9, 1
	for want, c := range map[string]struct {
		net zoo.Model
		x   *tensors.Tensor
	}{
		"unet: state (Float64)[2, 4, 6, 1], want axes of space that Model.Patch 2^(levels-1) = 4 divides": {u, check.Random(1, batch, 4, 6, 1)},
		"unet: state (Float64)[2, 4], want [batch, space…, channel]":                                      {u, check.Random(1, batch, 4)},
		"dit: state (Float64)[2, 4, 6, 1], want axes of space that Model.Patch = 4 divides":               {d, check.Random(1, batch, 4, 6, 1)},
		"dit: Model.Width = 9, want a multiple of 4 for positions in 2 dimensions":                        {odd, check.Random(1, batch, 4, 6, 1)},
		"timemlp: points (Float64)[2, 4, 1], want [batch, channel]":                                       {m, check.Random(1, batch, 4, 1)},
	} {
		_, err := check.Run(t, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node { return []*Node{c.net.Forward(scope, in...)} },
			c.x, check.Random(2, batch))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}

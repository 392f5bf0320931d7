package linear

import (
	"math"
	"slices"
)

// graph is the pattern of a symmetric matrix: the neighbours of node i are index[start[i]:start[i+1]], without i, rising.
type graph struct {
	start, index []int
}

func (g graph) nodes() int             { return len(g.start) - 1 }
func (g graph) neighbours(i int) []int { return g.index[g.start[i]:g.start[i+1]] }

// graphOf is the pattern of A + Aᵀ.
func graphOf(m *Matrix) graph {
	t := m.Transpose()
	g := graph{start: make([]int, m.Rows+1), index: make([]int, 0, len(m.Index))}
	for i := range m.Rows {
		a, b := m.Index[m.Start[i]:m.Start[i+1]], t.Index[t.Start[i]:t.Start[i+1]]
		for len(a) > 0 || len(b) > 0 {
			j := m.Rows
			if len(a) > 0 {
				j = a[0]
			}
			if len(b) > 0 {
				j = min(j, b[0])
			}
			if len(a) > 0 && a[0] == j {
				a = a[1:]
			}
			if len(b) > 0 && b[0] == j {
				b = b[1:]
			}
			if j != i {
				g.index = append(g.index, j)
			}
		}
		g.start[i+1] = len(g.index)
	}
	return g
}

// minimumDegree returns an order of elimination that keeps the fill of a Cholesky factor low: always next is a node with
// about the fewest neighbours in the graph that is left. An eliminated node turns into an element, the set of its neighbours, which are
// from then on all coupled; so the graph of what is left never takes more room than the graph of the matrix.
// Nodes with very many neighbours go last.
//
// Source: Amestoy, Davis & Duff 1996, SIAM J. Matrix Anal. Appl. 17 (approximate degrees, aggressive absorption, mass
// elimination, indistinguishable nodes by hashing). bib: amestoy1996amd
func minimumDegree(g graph) []int {
	q := newQuotient(g)
	for left := q.size; left > 0; {
		p := q.pop()
		left -= q.eliminate(p, left)
		q.pivots = append(q.pivots, p)
	}
	return append(q.expand(), q.last...)
}

// quotient is the graph in elimination. A node is in one of three states: a variable (weight > 0), an element, or absorbed.
type quotient struct {
	size int // number of nodes to order, without those in last

	// The list of variable i is pool[from[i]:from[i]+count[i]]: first its elements, as many as elements[i], then variables.
	pool, from, count, elements []int

	weight  []int   // number of nodes that a variable stands for; 0: eliminated or absorbed
	members [][]int // variables of an element; nil: absorbed or no element
	extent  []int   // weight of an element's members
	degree  []int   // bound on the weight of a variable's neighbours

	head, next, prev []int // doubly linked lists of variables by degree; -1 ends
	lowest           int   // no list below it holds a variable

	child, sibling []int // nodes absorbed by a node, to be ordered right after it
	pivots, last   []int

	stamp         int
	inElement     []int // stamp of the elimination whose element holds the variable
	seen, outside []int // of an element, at the stamp: weight of its members outside the new element
	bucket, chain []int // variables by hash of their lists
	hash          []int
	tick          int
	compared      []int
	gathered      []int
}

func newQuotient(g graph) *quotient {
	n := g.nodes()
	filled := func(v int) []int { return slices.Repeat([]int{v}, n) }
	q := &quotient{
		pool: slices.Clone(g.index), from: slices.Clone(g.start[:n]), count: filled(0), elements: filled(0),
		weight: filled(1), members: make([][]int, n), extent: filled(0), degree: filled(0),
		head: filled(-1), next: filled(-1), prev: filled(-1), child: filled(-1), sibling: filled(-1),
		inElement: filled(0), seen: filled(0), outside: filled(0), bucket: filled(-1), chain: filled(-1), hash: filled(0), compared: filled(0),
	}
	for i := range n {
		if len(g.neighbours(i)) > manyNeighbours(n) {
			q.weight[i] = 0
			q.last = append(q.last, i)
		}
	}
	q.size = n - len(q.last)
	for i := range n {
		if q.weight[i] == 0 {
			continue
		}
		for _, j := range g.neighbours(i) {
			if q.weight[j] > 0 {
				q.pool[q.from[i]+q.count[i]] = j
				q.count[i]++
			}
		}
		q.degree[i] = q.count[i]
		q.push(i)
	}
	return q
}

// manyNeighbours is the bound above which a node goes last: it meets nearly all others by then anyway. The value is the usual one of
// programs for this order.
func manyNeighbours(n int) int { return max(16, int(10*math.Sqrt(float64(n)))) }

// list returns what variable i is next to.
func (q *quotient) list(i int) []int { return q.pool[q.from[i]:][:q.count[i]] }

func (q *quotient) push(i int) {
	d := q.degree[i]
	q.prev[i], q.next[i] = -1, q.head[d]
	if q.head[d] >= 0 {
		q.prev[q.head[d]] = i
	}
	q.head[d] = i
	q.lowest = min(q.lowest, d)
}

func (q *quotient) unlink(i int) {
	if q.next[i] >= 0 {
		q.prev[q.next[i]] = q.prev[i]
	}
	if q.prev[i] >= 0 {
		q.next[q.prev[i]] = q.next[i]
	} else {
		q.head[q.degree[i]] = q.next[i]
	}
}

// pop takes a variable of lowest degree.
func (q *quotient) pop() int {
	for q.head[q.lowest] < 0 {
		q.lowest++
	}
	p := q.head[q.lowest]
	q.unlink(p)
	return p
}

// absorb hangs node i under node into.
func (q *quotient) absorb(i, into int) {
	q.weight[i] = 0
	q.sibling[i], q.child[into] = q.child[into], i
}

// eliminate turns variable p into an element, brings its neighbours up to date, and returns how many of the nodes left are done.
func (q *quotient) eliminate(p, left int) (done int) {
	q.stamp++
	done, q.weight[p] = q.weight[p], 0
	q.gather(p)
	q.compare(p)
	for _, i := range q.members[p] {
		done += q.update(i, p)
	}
	for _, i := range q.members[p] {
		if q.weight[i] > 0 {
			q.mergeAlike(q.hash[i])
		}
	}
	left -= done
	kept := q.members[p][:0]
	q.extent[p] = 0
	for _, i := range q.members[p] {
		if q.weight[i] > 0 {
			kept = append(kept, i)
			q.extent[p] += q.weight[i]
		}
	}
	q.members[p] = kept
	for _, i := range kept {
		q.degree[i] = min(q.degree[i]+q.extent[p], left) - q.weight[i]
		q.push(i)
	}
	return done
}

// gather collects the members of the new element p: the variables next to it and the members of its elements, which it absorbs.
func (q *quotient) gather(p int) {
	q.gathered = q.gathered[:0]
	q.inElement[p] = q.stamp
	add := func(variables []int) {
		for _, i := range variables {
			if q.weight[i] > 0 && q.inElement[i] != q.stamp {
				q.inElement[i] = q.stamp
				q.gathered = append(q.gathered, i)
			}
		}
	}
	list := q.list(p)
	for _, e := range list[:q.elements[p]] {
		add(q.members[e])
		q.members[e] = nil
	}
	add(list[q.elements[p]:])
	q.members[p] = slices.Clone(q.gathered)
	q.extent[p] = 0
	for _, i := range q.gathered {
		q.extent[p] += q.weight[i]
		q.unlink(i)
	}
}

// compare finds for each element that shares members with p the weight of those that it does not share.
func (q *quotient) compare(p int) {
	for _, i := range q.members[p] {
		for _, e := range q.list(i)[:q.elements[i]] {
			if q.seen[e] != q.stamp {
				q.seen[e], q.outside[e] = q.stamp, q.extent[e]
			}
			q.outside[e] -= q.weight[i]
		}
	}
}

// update takes from the list of variable i what the new element p covers, and adds p. It bounds the weight of the neighbours outside p, and
// hashes the list. A variable without neighbours outside p is eliminated with it; the return value is its weight, else 0.
func (q *quotient) update(i, p int) (done int) {
	list, bound, hash, k := q.list(i), 0, p, 0
	for _, e := range list[:q.elements[i]] {
		if q.members[e] == nil {
			continue
		}
		if q.outside[e] == 0 { // within p
			q.members[e] = nil
			continue
		}
		bound += q.outside[e]
		hash += e
		list[k] = e
		k++
	}
	kept := k
	for _, j := range list[q.elements[i]:] {
		if q.weight[j] == 0 || q.inElement[j] == q.stamp {
			continue
		}
		bound += q.weight[j]
		hash += j
		list[k] = j
		k++
	}
	if bound == 0 {
		done = q.weight[i]
		q.absorb(i, p)
		return done
	}
	// What connected i with p, p itself or an element that p absorbed, has left the list: there is room for p.
	list = list[:k+1]
	list[k], list[kept], list[0] = list[kept], list[0], p
	q.count[i], q.elements[i] = k+1, kept+1
	q.degree[i] = min(q.degree[i], bound)
	q.hash[i] = hash % len(q.bucket)
	q.chain[i] = q.bucket[q.hash[i]]
	q.bucket[q.hash[i]] = i
	return 0
}

// mergeAlike empties a bucket and merges those of its variables whose lists hold the same.
func (q *quotient) mergeAlike(hash int) {
	i := q.bucket[hash]
	q.bucket[hash] = -1
	for ; i >= 0; i = q.chain[i] {
		if q.chain[i] < 0 {
			return
		}
		q.tick++
		for _, v := range q.list(i) {
			q.compared[v] = q.tick
		}
		before := i
		for j := q.chain[i]; j >= 0; j = q.chain[j] {
			if !q.alike(i, j) {
				before = j
				continue
			}
			q.weight[i] += q.weight[j]
			q.absorb(j, i)
			q.chain[before] = q.chain[j]
		}
	}
}

func (q *quotient) alike(i, j int) bool {
	if q.count[i] != q.count[j] || q.elements[i] != q.elements[j] {
		return false
	}
	for _, v := range q.list(j) {
		if q.compared[v] != q.tick {
			return false
		}
	}
	return true
}

// expand lists each pivot and after it what it absorbed.
func (q *quotient) expand() []int {
	order := make([]int, 0, len(q.weight))
	var stack []int
	for _, p := range q.pivots {
		stack = append(stack, p)
		for len(stack) > 0 {
			v := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			order = append(order, v)
			for c := q.child[v]; c >= 0; c = q.sibling[c] {
				stack = append(stack, c)
			}
		}
	}
	return order
}

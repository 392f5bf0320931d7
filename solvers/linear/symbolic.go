package linear

import "slices"

// supernode is a run of columns of a factor with one pattern below them, kept as a dense block: rows by width, row after row. Its
// first width rows are its own columns, of which the part above the diagonal is not used.
type supernode struct {
	first, width int
	rows         []int // rising
	values       []float64
}

// symbolic is what is known of the factor of a symmetric matrix from its pattern alone.
type symbolic struct {
	order []int // order[k] is the row of the matrix that is eliminated as k-th
	place []int // the inverse: place[order[k]] = k
	nodes []supernode
	owner []int // supernode of a column
	size  int   // of all blocks
	fill  int   // entries of the factor, without the zeros that blocks store
}

// analyse finds the factor's supernodes for an order of elimination, which it replaces by an equivalent one.
//
// Source: Liu 1990, SIAM J. Matrix Anal. Appl. 11 (elimination tree, its postorder, supernodes). bib: liu1990elimination
func analyse(g graph, order []int) *symbolic {
	s := &symbolic{order: order, place: make([]int, len(order))}
	tree := s.renumber(g)
	counts := s.columnCounts(g, tree)
	for _, count := range counts {
		s.fill += count
	}
	s.supernodes(tree, counts)
	s.fillRows(g)
	return s
}

// renumber puts the order into a postorder of its elimination tree, which has the same fill and keeps what belongs together in one run. It
// returns the tree: the parent of each column, -1 at a root.
func (s *symbolic) renumber(g graph) []int {
	s.number()
	parent := s.eliminationTree(g)
	order, renamed, tree := make([]int, len(parent)), make([]int, len(parent)), make([]int, len(parent))
	for k, j := range postorder(parent) {
		order[k] = s.order[j]
		renamed[j] = k
	}
	s.order = order
	s.number()
	for j, p := range parent {
		if p >= 0 {
			p = renamed[p]
		}
		tree[renamed[j]] = p
	}
	return tree
}

func (s *symbolic) number() {
	for k, i := range s.order {
		s.place[i] = k
	}
}

// eliminationTree gives to each column the row of the first entry below the diagonal of the factor, -1 at a root.
func (s *symbolic) eliminationTree(g graph) []int {
	parent, ancestor := slices.Repeat([]int{-1}, g.nodes()), slices.Repeat([]int{-1}, g.nodes())
	for k, v := range s.order {
		for _, u := range g.neighbours(v) {
			for j := s.place[u]; j >= 0 && j < k; {
				above := ancestor[j]
				ancestor[j] = k
				if above < 0 {
					parent[j] = k
				}
				j = above
			}
		}
	}
	return parent
}

// postorder lists the nodes of a forest such that children come before their parent, and each subtree in one run.
func postorder(parent []int) []int {
	n := len(parent)
	child, sibling := slices.Repeat([]int{-1}, n), make([]int, n)
	var stack []int
	for j := n - 1; j >= 0; j-- {
		if p := parent[j]; p >= 0 {
			sibling[j], child[p] = child[p], j
		} else {
			stack = append(stack, j)
		}
	}
	post := make([]int, 0, n)
	for len(stack) > 0 {
		j := stack[len(stack)-1]
		if c := child[j]; c >= 0 {
			child[j] = sibling[c]
			stack = append(stack, c)
			continue
		}
		post = append(post, j)
		stack = stack[:len(stack)-1]
	}
	return post
}

// columnCounts gives the number of entries of each column of the factor, by walking for each row the part of the tree that it holds.
func (s *symbolic) columnCounts(g graph, parent []int) []int {
	counts, mark := slices.Repeat([]int{1}, len(parent)), slices.Repeat([]int{-1}, len(parent))
	for k, v := range s.order {
		mark[k] = k
		for _, u := range g.neighbours(v) {
			for j := s.place[u]; j < k && mark[j] != k; j = parent[j] {
				mark[j] = k
				counts[j]++
			}
		}
	}
	return counts
}

// supernodes joins columns of one pattern, and then, where few zeros have to be stored for it, a supernode with its parent: longer
// rows make up for the zeros.
func (s *symbolic) supernodes(parent, counts []int) {
	n := len(parent)
	type run struct{ first, width, rows, zeros int }
	var runs []run
	for j := range n {
		if last := len(runs) - 1; j > 0 && parent[j-1] == j && counts[j-1] == counts[j]+1 {
			runs[last].width++
			continue
		}
		runs = append(runs, run{first: j, width: 1, rows: counts[j]})
	}
	kept := runs[:0]
	for _, r := range runs {
		for len(kept) > 0 {
			c := kept[len(kept)-1] // a child of r if its last column's parent is within r
			if p := parent[c.first+c.width-1]; p < 0 || p >= r.first+r.width {
				break
			}
			width, rows := c.width+r.width, c.width+r.rows
			zeros := c.zeros + r.zeros + c.width*(rows-c.rows)
			if !worthZeros(width, zeros, width*rows-width*(width-1)/2) {
				break
			}
			r = run{first: c.first, width: width, rows: rows, zeros: zeros}
			kept = kept[:len(kept)-1]
		}
		kept = append(kept, r)
	}
	s.nodes = make([]supernode, len(kept))
	s.owner = make([]int, n)
	for k, r := range kept {
		s.nodes[k] = supernode{first: r.first, width: r.width, rows: make([]int, 0, r.rows)}
		for j := r.first; j < r.first+r.width; j++ {
			s.owner[j] = k
		}
	}
}

// worthZeros says whether a merged supernode may store so many zeros. On plane grids and meshes of 7225 unknowns merging by these
// bounds saves about a fifth of the time of a factor.
func worthZeros(width, zeros, size int) bool {
	switch {
	case width <= 4:
		return true
	case width <= 16:
		return 10*zeros <= 4*size
	case width <= 48:
		return 10*zeros <= size
	default:
		return 20*zeros <= size
	}
}

// fillRows finds the rows of each supernode: those of the matrix's columns and those that its children hand up.
func (s *symbolic) fillRows(g graph) {
	mark := slices.Repeat([]int{-1}, len(s.owner))
	children := make([][]int, len(s.nodes))
	for k := range s.nodes {
		node := &s.nodes[k]
		end := node.first + node.width
		for j := node.first; j < end; j++ {
			node.rows = append(node.rows, j)
		}
		add := func(i int) {
			if i >= end && mark[i] != k {
				mark[i] = k
				node.rows = append(node.rows, i)
			}
		}
		for _, v := range s.order[node.first:end] {
			for _, u := range g.neighbours(v) {
				add(s.place[u])
			}
		}
		for _, c := range children[k] {
			for _, i := range s.nodes[c].rows[s.nodes[c].width:] {
				add(i)
			}
		}
		slices.Sort(node.rows)
		if len(node.rows) > node.width {
			p := s.owner[node.rows[node.width]]
			children[p] = append(children[p], k)
		}
		s.size += len(node.rows) * node.width
	}
}

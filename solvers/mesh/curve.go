package mesh

import (
	"cmp"
	"slices"
)

// alongCurve orders points within a square of the given size along Hilbert's curve, so that neighbours in the order are close.
func alongCurve(points [][2]float64, low [2]float64, size float64) []int {
	const cells = 1 << 16
	key, order := make([]uint64, len(points)), make([]int, len(points))
	for i, p := range points {
		order[i] = i
		x := uint64((p[0] - low[0]) / size * (cells - 1))
		y := uint64((p[1] - low[1]) / size * (cells - 1))
		for s := uint64(cells / 2); s > 0; s /= 2 {
			right, top := (x/s)&1, (y/s)&1
			key[i] = key[i]*4 + (3 * right) ^ top
			if top == 0 {
				if right == 1 {
					x, y = cells-1-x, cells-1-y
				}
				x, y = y, x
			}
		}
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Or(cmp.Compare(key[i], key[j]), i-j) })
	return order
}

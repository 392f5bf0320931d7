package datasets

// Field is the first channel of sample i of an array [sample, x, y, channel], as rows u[x][y] for a plot; nil for an
// array of another rank.
func (a Array) Field(i int) [][]float64 {
	if len(a.Dims) != 4 {
		return nil
	}
	nx, ny, channels := a.Dims[1], a.Dims[2], a.Dims[3]
	sample := a.Sample(i)
	rows := make([][]float64, nx)
	for x := range rows {
		rows[x] = make([]float64, ny)
		for y := range rows[x] {
			rows[x][y] = sample[(x*ny+y)*channels]
		}
	}
	return rows
}

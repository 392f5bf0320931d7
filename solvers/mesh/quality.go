package mesh

import "math"

// Quality says how good the triangles of a mesh are, from the worst one.
type Quality struct {
	MinAngle, MaxAngle        float64 // degrees
	MeanMinAngle              float64 // degrees: the mean over the triangles of their smallest angle, 60 if all are equilateral
	ShortestEdge, LongestEdge float64
	MinArea, MaxArea          float64
}

// Quality measures the triangles of m.
func (m Mesh) Quality() Quality {
	q := Quality{MinAngle: 180, ShortestEdge: math.Inf(1), MinArea: math.Inf(1)}
	for t, v := range m.Triangles {
		smallest := 180.0
		for k := range 3 {
			p := m.Points[v[k]]
			b, c := sub(m.Points[v[(k+1)%3]], p), sub(m.Points[v[(k+2)%3]], p)
			angle := math.Atan2(cross(b, c), dot(b, c)) * 180 / math.Pi
			smallest, q.MaxAngle = min(smallest, angle), max(q.MaxAngle, angle)
			length := math.Hypot(b[0], b[1])
			q.ShortestEdge, q.LongestEdge = min(q.ShortestEdge, length), max(q.LongestEdge, length)
		}
		q.MinAngle = min(q.MinAngle, smallest)
		q.MeanMinAngle += smallest / float64(len(m.Triangles))
		area := m.TriangleArea(t)
		q.MinArea, q.MaxArea = min(q.MinArea, area), max(q.MaxArea, area)
	}
	return q
}

// TriangleArea is the area of triangle t.
func (m Mesh) TriangleArea(t int) float64 {
	v := m.Triangles[t]
	return cross(sub(m.Points[v[1]], m.Points[v[0]]), sub(m.Points[v[2]], m.Points[v[0]])) / 2
}

// Areas are those of the triangles.
func (m Mesh) Areas() []float64 {
	out := make([]float64, len(m.Triangles))
	for t := range out {
		out[t] = m.TriangleArea(t)
	}
	return out
}

// Area is that of the domain.
func (m Mesh) Area() float64 {
	var sum float64
	for t := range m.Triangles {
		sum += m.TriangleArea(t)
	}
	return sum
}

// Centroid is the middle of triangle t.
func (m Mesh) Centroid(t int) [2]float64 {
	v := m.Triangles[t]
	a, b, c := m.Points[v[0]], m.Points[v[1]], m.Points[v[2]]
	return [2]float64{(a[0] + b[0] + c[0]) / 3, (a[1] + b[1] + c[1]) / 3}
}

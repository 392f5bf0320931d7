package samplers

// gaussNodes and gaussWeights are the rule of Gauss and Legendre of 10 points on [-1, 1], those above 0.
func gaussRule() (nodes, weights []float64) {
	return []float64{0.1488743389816312, 0.4333953941292472, 0.6794095682990244, 0.8650633666889845, 0.9739065285171717},
		[]float64{0.2955242247147529, 0.2692667193099963, 0.2190863625159820, 0.1494513491505806, 0.0666713443086881}
}

// gaussPieces are the pieces of equal length on which the rule is applied.
const gaussPieces = 8

// gauss is the integral of a smooth function from a to b.
func gauss(a, b float64, f func(x float64) float64) float64 {
	nodes, w := gaussRule()
	half, sum := (b-a)/(2*gaussPieces), 0.0
	for i := range gaussPieces {
		middle := a + half*float64(2*i+1)
		for k, x := range nodes {
			sum += w[k] * (f(middle-half*x) + f(middle+half*x))
		}
	}
	return sum * half
}

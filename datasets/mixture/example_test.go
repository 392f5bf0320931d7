package mixture_test

import (
	"fmt"

	"github.com/fieldbook-go/fieldbook/datasets/mixture"
)

// The score of noised data gives the denoiser, by Tweedie's formula: E[x0|x] = (x + sigma² score)/alpha.
func ExampleMixture_Noised() {
	alpha, sigma, x := 0.8, 0.6, []float64{1, 0.3}
	noised := mixture.Ring8().Noised(alpha, sigma)
	score := make([]float64, 2)
	noised.Score(score, x)
	fmt.Printf("log p %.4f, denoised (%.4f, %.4f)\n", noised.LogDensity(x), (x[0]+sigma*sigma*score[0])/alpha, (x[1]+sigma*sigma*score[1])/alpha)
	// Output: log p -2.3591, denoised (1.2007, 0.3584)
}

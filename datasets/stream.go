package datasets

import "math/rand/v2"

// split tells the parts of a data set apart in their random numbers.
type split uint64

const (
	train split = iota
	test
)

// stream returns the random numbers of one sample: a PCG started at a hash of seed, part and index, so
// that no sample depends on another.
func stream(seed uint64, part split, sample int) *rand.Rand {
	state := mix(mix(mix(seed)^uint64(part)) ^ uint64(sample))
	return rand.New(rand.NewPCG(state, mix(state)))
}

// mix is a bijection of 64 bits under which close numbers end far apart: a step of SplitMix64.
// Source: Steele, Lea & Flood 2014, OOPSLA, figure 11 with the constants of variant 13 of Stafford.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// sampleStream is the stream of the sample at place i where the training samples come first.
func sampleStream(seed uint64, i, trainCount int) *rand.Rand {
	if i < trainCount {
		return stream(seed, train, i)
	}
	return stream(seed, test, i-trainCount)
}

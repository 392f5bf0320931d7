package tableau

// Euler is y₊ = y + dt·f(t, y), of order 1.
//
// Source: Hairer, Nørsett and Wanner 1993, section II.1. bib: hairer1993nonstiff
func Euler() Explicit {
	return Explicit{Name: "Euler", Order: 1, A: [][]float64{{}}, B: []float64{1}, C: []float64{0}, Bib: "hairer1993nonstiff"}
}

// Midpoint takes the slope in the middle of Euler's step, of order 2.
//
// Source: Hairer, Nørsett and Wanner 1993, section II.1, eq. (1.3). bib: hairer1993nonstiff
func Midpoint() Explicit {
	return Explicit{
		Name: "midpoint", Order: 2, A: [][]float64{{}, {0.5}}, B: []float64{0, 1}, C: []float64{0, 0.5}, Bib: "hairer1993nonstiff",
	}
}

// Heun is the explicit trapezoidal rule, of order 2, with Euler's step for an error estimate.
//
// Source: Hairer, Nørsett and Wanner 1993, section II.1. bib: hairer1993nonstiff
func Heun() Explicit {
	return Explicit{
		Name: "Heun", Order: 2, ErrorOrder: 1,
		A: [][]float64{{}, {1}}, B: []float64{0.5, 0.5}, C: []float64{0, 1}, Errors: []float64{-0.5, 0.5}, Bib: "hairer1993nonstiff",
	}
}

// Ralston is the method of two stages and order 2 with the smallest bound of the error, with Euler's step for an error estimate.
//
// Source: Ralston 1962. bib: ralston1962bounds
func Ralston() Explicit {
	return Explicit{
		Name: "Ralston", Order: 2, ErrorOrder: 1,
		A: [][]float64{{}, {2.0 / 3}}, B: []float64{0.25, 0.75}, C: []float64{0, 2.0 / 3}, Errors: []float64{-0.75, 0.75}, Bib: "ralston1962bounds",
	}
}

// RK4 is the classical method of four stages and order 4.
//
// Source: Hairer, Nørsett and Wanner 1993, section II.1, table 1.2. bib: hairer1993nonstiff
func RK4() Explicit {
	return Explicit{
		Name: "RK4", Order: 4,
		A: [][]float64{{}, {0.5}, {0, 0.5}, {0, 0, 1}}, B: []float64{1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6}, C: []float64{0, 0.5, 0.5, 1},
		Bib: "hairer1993nonstiff",
	}
}

// Bosh3 is the pair of order 3(2) for loose tolerances; its continuous solution is the cubic through both ends and their slopes.
//
// Source: Bogacki and Shampine 1989. bib: bogacki1989pair
func Bosh3() Dense {
	return Dense{
		Explicit: Explicit{
			Name: "Bosh3", Order: 3, ErrorOrder: 2,
			A:      [][]float64{{}, {0.5}, {0, 0.75}, {2.0 / 9, 1.0 / 3, 4.0 / 9}},
			B:      []float64{2.0 / 9, 1.0 / 3, 4.0 / 9, 0},
			C:      []float64{0, 0.5, 0.75, 1},
			Errors: []float64{2.0/9 - 7.0/24, 1.0/3 - 1.0/4, 4.0/9 - 1.0/3, -1.0 / 8},
			Bib:    "bogacki1989pair",
		},
		Weights: [][]float64{{1, -4.0 / 3, 5.0 / 9}, {0, 1, -2.0 / 3}, {0, 4.0 / 3, -8.0 / 9}, {0, -1, 1}},
	}
}

// Dopri5 is the pair of order 5(4) of Dormand and Prince; its continuous solution is of order 4.
//
// Source: Dormand and Prince 1980, table 2; continuous solution by Shampine 1986. bib: dormand1980family, shampine1986practical
func Dopri5() Dense {
	b := []float64{35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84, 0}
	other := []float64{5179.0 / 57600, 0, 7571.0 / 16695, 393.0 / 640, -92097.0 / 339200, 187.0 / 2100, 1.0 / 40}
	errors := make([]float64, len(b))
	for i := range b {
		errors[i] = b[i] - other[i]
	}
	return Dense{
		Explicit: Explicit{
			Name: "Dopri5", Order: 5, ErrorOrder: 4,
			A: [][]float64{
				{},
				{1.0 / 5},
				{3.0 / 40, 9.0 / 40},
				{44.0 / 45, -56.0 / 15, 32.0 / 9},
				{19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729},
				{9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656},
				b[:6],
			},
			B: b, C: []float64{0, 1.0 / 5, 3.0 / 10, 4.0 / 5, 8.0 / 9, 1, 1}, Errors: errors, Bib: "dormand1980family",
		},
		Weights: [][]float64{
			{1, -2.8535800653862835, 3.0717434641059005, -1.1270175653862835},
			{0, 0, 0, 0},
			{0, 4.023133379230305, -6.249321565289, 2.675424484351598},
			{0, -3.7324019615885042, 10.068970589843675, -5.685526961588504},
			{0, 2.5548038301849423, -6.399112377351017, 3.5219323679207912},
			{0, -1.3744241142186024, 3.272657752246729, -1.7672812570757455},
			{0, 1.3824689317781436, -3.764937863556287, 2.382468931778144},
		},
	}
}

// Tsit5 is the pair of order 5(4) of Tsitouras, a little more accurate than [Dopri5] for the same work; the first choice for
// problems that are not stiff. Its continuous solution is of order 4.
//
// Source: Tsitouras 2011, tables 1 and 2. bib: tsitouras2011runge
func Tsit5() Dense {
	return Dense{
		Explicit: Explicit{
			Name: "Tsit5", Order: 5, ErrorOrder: 4,
			A: [][]float64{
				{},
				{0.161},
				{-0.008480655492356989, 0.335480655492357},
				{2.8971530571054935, -6.359448489975075, 4.3622954328695815},
				{5.325864828439257, -11.748883564062828, 7.4955393428898365, -0.09249506636175525},
				{5.86145544294642, -12.92096931784711, 8.159367898576159, -0.071584973281401, -0.028269050394068383},
				{
					0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742, -3.290069515436081,
					2.324710524099774,
				},
			},
			B: []float64{
				0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742, -3.290069515436081,
				2.324710524099774, 0,
			},
			C: []float64{0, 0.161, 0.327, 0.9, 0.9800255409045097, 1, 1},
			Errors: []float64{
				0.0017800110522257773, 0.0008164344596567463, -0.007880878010261994, 0.1447110071732629,
				-0.5823571654525552, 0.45808210592918686, -0.015151515151515152,
			},
			Bib: "tsitouras2011runge",
		},
		Weights: [][]float64{
			{0.9999999999999998, -2.763706197274826, 2.9132554618219126, -1.0530884977290216},
			{0, 0.13169999999999998, -0.2234, 0.1017},
			{0, 3.930296236894751, -5.941033872131505, 2.490627285651253},
			{0, -12.411077166933676, 30.338188630282318, -16.548102889244902},
			{0, 37.50931341651104, -88.1789048947664, 47.37952196281928},
			{0, -27.896526289197286, 65.09189467479368, -34.87065786149661},
			{0, 1.5, -4, 2.5},
		},
	}
}

// Dopri8 is the pair of order 8(7) with 13 stages of Prince and Dormand, for tight tolerances. It has no continuous solution:
// steps end at the times to save.
//
// Source: Prince and Dormand 1981, table 2. bib: prince1981high
func Dopri8() Explicit {
	return Explicit{
		Name: "Dopri8", Order: 8, ErrorOrder: 7,
		A: [][]float64{
			{},
			{0.05555555555555555},
			{0.020833333333333332, 0.0625},
			{0.03125, 0, 0.09375},
			{0.3125, 0, -1.171875, 1.171875},
			{0.0375, 0, 0, 0.1875, 0.15},
			{0.04791013711111111, 0, 0, 0.11224871277777777, -0.02550567377777778, 0.012846823888888888},
			{
				0.01691798978729228, 0, 0, 0.3878482784860432, 0.03597736985150033, 0.19697021421566607,
				-0.17271385234050185,
			},
			{
				0.0690957533591923, 0, 0, -0.6342479767288541, -0.16119757522460407, 0.13865030945882525,
				0.9409286140357562, 0.21163632648194397,
			},
			{
				0.1835569968390454, 0, 0, -2.4687680843155926, -0.29128688781630047, -0.026473020233117376,
				2.8478387641928005, 0.2813873314698498, 0.12374489986331466,
			},
			{
				-1.2154248173958881, 0, 0, 16.672608665945774, 0.915741828416818, -6.056605804357471,
				-16.00357359415618, 14.849303086297663, -13.371575735289849, 5.134182648179638,
			},
			{
				0.25886091643826425, 0, 0, -4.774485785489205, -0.4350930137770325, -3.0494833320722416,
				5.5779200399360995, 6.15583158986104, -5.062104586736939, 2.193926173180679, 0.13462799865933495,
			},
			{
				0.8224275996265075, 0, 0, -11.658673257277664, -0.7576221166909362, 0.7139735881595816,
				12.075774986890057, -2.127659113920403, 1.9901662070489554, -0.23428647154404028,
				0.17589857770794226, 0,
			},
		},
		B: []float64{
			0.041747491141530244, 0, 0, 0, 0, -0.05545232861123931, 0.2393128072011801, 0.703510669403443,
			-0.7597596138144609, 0.6605630309222863, 0.15818748251012332, -0.2381095387528628, 0.25,
		},
		C: []float64{
			0, 0.05555555555555555, 0.08333333333333333, 0.125, 0.3125, 0.375, 0.1475, 0.465, 0.5648654513822595,
			0.65, 0.9246562776405044, 1, 1,
		},
		Errors: []float64{
			0.012194277465176744, 0, 0, 0, 0, 0.7731539478765578, -0.07192809284993823, -1.763834521196444,
			1.787182038027448, -0.7829855527544889, 0.07877188662899604, -0.28255398319730723, 0.25,
		},
		Bib: "prince1981high",
	}
}

package datasets

// Description is what a page about a data set says beside its numbers.
type Description struct {
	Title      string
	Equation   string // LaTeX
	Domain     string
	Conditions string // of the boundary and at the start
	Method     string // of discretisation
	Source     string
}

// Described is an optional ability of a recipe: to say in words what it makes.
type Described interface {
	Recipe
	Describe() Description
}

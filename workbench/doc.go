// Package workbench is what a notebook's cells call: a laboratory that looks values up or makes them, runs that are
// trained while one watches, figures, and claims that are judged.
//
// A cell of a GoNB notebook is a process of its own: declarations carry over, values do not. So a lab, a recipe or a run
// is declared once as a plain value, at no cost, and any later cell that needs its result gets it: from the store in
// milliseconds if it was made, else it is made now. Nobody saves or loads.
//
//	var lab = workbench.Open()
//	var run = lab.Run(operators.Learn(model, burgers), workbench.Fit{Epochs: lab.Pick(2, 100, 500), Batch: 20})
//
// In a cell there is nobody to hand an error to: a failure prints one message, with the line of the cell that it comes
// from, and ends the process. Everything below this package returns errors.
//
// The environment chooses the size of the experiment (FIELDBOOK_SIZE: quick, standard, full), the seed (FIELDBOOK_SEED),
// the backend (FIELDBOOK_BACKEND) and the number of devices (FIELDBOOK_DEVICES); `fieldbook run` sets them.
package workbench

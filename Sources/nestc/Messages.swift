import Platform

/// One line on standard error.
func complain(_ text: String) { Output.error.line(ShownText.line("nestc: \(text)")) }

/// Progress and reports, on standard error, so that standard output stays for results.
func note(_ text: String) { Output.error.line(text) }

/// Results, on standard output. What is not taken there makes the program end with an error.
func say(_ text: String) { Output.standard.line(text) }

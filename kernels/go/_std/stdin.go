package os

// StdinHook is what Stdin reads from, if it is set. This file and a line in (*File).read are added
// to the package when the kernel is built: fmt.Scan and bufio.NewReader(os.Stdin) read a *File,
// which nothing else can stand in for.
var StdinHook func([]byte) (int, error)

// ExitHook is called by Exit, if it is set: log.Fatal ends a cell, not the kernel.
var ExitHook func(code int)

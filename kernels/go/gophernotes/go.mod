// What the installer builds: gophernotes' last release, with the x/tools that Go 1.24 needs.
module labinit/kernels/go

go 1.24

// gomacro knows no *types.Alias.
godebug gotypesalias=0

require (
	github.com/cosmos72/gomacro v0.0.0-20220530072503-c719ab5c40fc
	github.com/gopherdata/gophernotes v0.7.5
	golang.org/x/tools v0.36.0
)

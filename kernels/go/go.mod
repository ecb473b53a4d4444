module labinit/kernels/go

go 1.24.0

require (
	github.com/goplus/ixgo v1.1.0
	github.com/goplus/reflectx v1.7.0
	golang.org/x/mod v0.29.0
)

require (
	github.com/timandy/routine v1.1.5 // indirect
	github.com/visualfc/funcval v0.1.4 // indirect
	github.com/visualfc/goembed v0.3.4 // indirect
	github.com/visualfc/xtype v0.3.0 // indirect
	golang.org/x/tools v0.38.0 // indirect
)

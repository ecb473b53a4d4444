// Package constraints has the constraints of type parameters that cmp and the language lack.
package constraints

import "cmp"

// Signed are the signed integers.
type Signed interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64
}

// Unsigned are the unsigned integers.
type Unsigned interface {
	~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}

// Integer are all integers.
type Integer interface{ Signed | Unsigned }

// Float are the floating-point numbers.
type Float interface{ ~float32 | ~float64 }

// Complex are the complex numbers.
type Complex interface{ ~complex64 | ~complex128 }

// Ordered are the types that have an order.
type Ordered = cmp.Ordered

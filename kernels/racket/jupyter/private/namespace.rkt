#lang racket/base
;; The namespace of the cells, and in which language they are read.

(require file/convertible racket/class racket/contract/base racket/match
         racket/pretty racket/string "../main.rkt")
(provide make-cell-namespace cell-namespace read-form use-language!)

(define-namespace-anchor here)

;; One and the same module: a picture, an object or a contract of the session is one here, and what
;; it displays goes through the same pipe.
(define shared '(file/convertible jupyter racket/class racket/contract/base racket/pretty))

(define (make-cell-namespace [language 'racket])
  (define namespace (make-base-empty-namespace))
  (define own (namespace-anchor->empty-namespace here))
  (for ([name shared]) (namespace-attach-module own name namespace))
  (parameterize ([current-namespace namespace])
    (namespace-require language)
    (namespace-require 'jupyter))
  namespace)

(define namespace (make-cell-namespace))
(define (cell-namespace) namespace)

;; Reads a form as the language of the cells wants it: (source port) -> syntax or eof.
(define reader read-syntax)
(define (read-form source port)
  (parameterize ([read-accept-reader #t] [read-accept-lang #t] [current-namespace namespace])
    (reader source port)))

;; iracket's line: #lang iracket/lang #:require MODULE #:reader MODULE. The cells start anew.
(define (use-language! arguments)
  (define (after keyword default)
    (define found (memq keyword arguments))
    (if (and found (pair? (cdr found))) (cadr found) default))
  (define new (make-cell-namespace (after '#:require 'racket)))
  (define module (after '#:reader #f))
  (set! reader
        (if module
            (parameterize ([current-namespace new]) (dynamic-require module 'read-syntax))
            read-syntax))
  (set! namespace new))

;; Modules that open windows, with libraries that a notebook lacks, and what they mean here.
(define replacements
  (hash "plot" 'jupyter/plot
        "plot/main.rkt" 'jupyter/plot
        "slideshow" 'jupyter/slideshow
        "slideshow/main.rkt" 'jupyter/slideshow
        "slideshow/base" 'jupyter/slideshow
        "slideshow/pict" 'pict
        "slideshow/code" 'pict/code
        "slideshow/flash" 'pict/flash
        "slideshow/lang/reader" '(submod jupyter/slideshow reader)))

(define (replaced name)
  (define path
    (match name
      [(? symbol?) (symbol->string name)]
      [(list 'lib (? string? path)) path]
      [_ #f]))
  (define new (hash-ref replacements path #f))
  (if (and new (not (and (string-prefix? path "slideshow") (real-slideshow?)))) new name))

;; All of Debian's Racket brings it back.
(define (real-slideshow?)
  (collection-file-path "main.rkt" "slideshow" #:fail (lambda (_) #f)))

(current-module-name-resolver
 (let ([standard (current-module-name-resolver)])
   (case-lambda
     [(name namespace) (standard name namespace)]
     [(name relative-to syntax load?) (standard (replaced name) relative-to syntax load?)])))

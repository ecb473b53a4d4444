#lang racket/base
;; What a cell can call to show something: at any point, as often as it likes.
;; In the namespace of every cell; a module says (require jupyter).

(require net/base64 racket/contract/base racket/file
         "private/ports.rkt" "private/show.rkt" "private/wire.rkt")
(provide
 (contract-out
  [display-value (->* (any/c) (#:id id? #:update? any/c) void?)]
  [display-html (->* (string?) (#:id id? #:update? any/c) void?)]
  [display-markdown (->* (string?) (#:id id? #:update? any/c) void?)]
  [display-latex (->* (string?) (#:id id? #:update? any/c) void?)]
  [display-svg (->* ((or/c string? bytes?)) (#:id id? #:update? any/c) void?)]
  [display-png (->* (image?) (#:id id? #:update? any/c) void?)]
  [display-jpeg (->* (image?) (#:id id? #:update? any/c) void?)]
  [display-json (->* (any/c) (#:id id? #:update? any/c) void?)]
  [display-mime (->* ((hash/c symbol? any/c)) (#:id id? #:update? any/c) void?)]
  [clear-output (->* () (any/c) void?)]
  [read-password (->* () (string?) (or/c string? eof-object?))]
  [prompt-line (->* () (string?) (or/c string? eof-object?))]))

(define id? (or/c #f string? symbol?))
(define image? (or/c bytes? path-string?))

;; Shows data in several formats at once; the page takes the richest it knows.
(define (display-mime data #:id [id #f] #:update? [update? #f])
  (flush-cell-output)
  (define message (hasheq 'type "display" 'data data 'metadata (hasheq) 'update (and update? #t)))
  (send-message (if id (hash-set message 'display_id (format "~a" id)) message)))

(define (display-value value #:id [id #f] #:update? [update? #f])
  (display-mime (value->bundle value) #:id id #:update? update?))

(define ((text-display mime) text #:id [id #f] #:update? [update? #f])
  (define string (if (bytes? text) (bytes->string/utf-8 text #\?) text))
  (display-mime (hasheq mime string 'text/plain string) #:id id #:update? update?))

(define display-html (text-display 'text/html))
(define display-markdown (text-display 'text/markdown))
(define display-latex (text-display 'text/latex))
(define display-svg (text-display 'image/svg+xml))

(define (display-json value #:id [id #f] #:update? [update? #f])
  (display-mime (hasheq 'application/json value) #:id id #:update? update?))

;; The image's bytes, or the path of its file.
(define ((image-display mime) image #:id [id #f] #:update? [update? #f])
  (define bytes (if (bytes? image) image (file->bytes image)))
  (display-mime (hasheq mime (bytes->string/latin-1 (base64-encode bytes #"")))
                #:id id #:update? update?))

(define display-png (image-display 'image/png))
(define display-jpeg (image-display 'image/jpeg))

;; Clears what the cell has shown: at once, or when the next thing is shown.
(define (clear-output [wait? #f])
  (flush-cell-output)
  (emit 'clear 'wait (and wait? #t)))

;; A line that the user types, with a prompt beside the field.
(define (prompt-line [prompt ""])
  (parameterize ([current-prompt prompt])
    (read-line)))

;; Likewise, and nobody can read along.
(define (read-password [prompt ""])
  (parameterize ([current-prompt prompt] [current-password? #t])
    (read-line)))

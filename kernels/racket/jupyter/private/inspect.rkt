#lang racket/base
;; What a name is: signature, arity, contract, documentation. Runs no code of a cell.

(require racket/class racket/contract/base racket/list racket/string
         "bluebox.rkt" "namespace.rkt" "show.rkt" "signatures.rkt" "words.rkt")
(provide inspect)

(define longest 2000)

;; Shape: the fields of the reply. The word at the cursor, else the function it is an argument of.
(define (inspect code cursor)
  (define text
    (for/or ([word (list (word-at code cursor) (enclosing-head code cursor))])
      (and word (about (string->symbol word)))))
  (hasheq 'found (and text #t) 'data (if text (hasheq 'text/plain text) (hasheq))))

(define (about symbol)
  (with-handlers ([exn:fail? (lambda (_) #f)])
    (define namespace (cell-namespace))
    (define binding
      (parameterize ([current-namespace namespace])
        (identifier-binding (namespace-symbol->identifier symbol))))
    (define missing (gensym))
    (define value
      (with-handlers ([exn:fail:syntax? (lambda (_) missing)])
        (namespace-variable-value symbol #t (lambda () missing) namespace)))
    (and (or (list? binding) (not (eq? value missing)) (cell-signature symbol))
         (description symbol value (eq? value missing) (and (list? binding) binding)))))

(define (description symbol value syntax? binding)
  (define own (and (not binding) (cell-signature symbol)))
  (string-join
   (filter
    (lambda (line) (and line (not (equal? line ""))))
    (list
     (or (and own (car own))
         (and binding (bluebox symbol))
         (and (not syntax?) (procedure? value) (format "(~a ~a)" symbol (parameters value))))
     (cond
       [syntax? "syntax"]
       [(procedure? value) (format "procedure, ~a" (arity-text value))]
       [(class? value) "class"]
       [else (format "value: ~a" (shortened (value->text value)))])
     (and (not syntax?) (has-contract? value)
          (format "contract: ~s" (contract-name (value-contract value))))
     (and binding (format "from: ~a" (module-of binding)))
     (and own (cdr own))))
   "\n"))

(define (parameters procedure)
  (define-values (required accepted) (procedure-keywords procedure))
  (define arity (procedure-arity procedure))
  (define smallest (smallest-arity arity))
  (string-join
   (append
    (for/list ([n smallest]) (format "arg~a" (add1 n)))
    (if (equal? arity smallest) '() '("..."))
    (for/list ([keyword required]) (format "~a value" keyword))
    (for/list ([keyword (or accepted '())] #:unless (memq keyword required))
      (format "[~a value]" keyword)))))

(define (smallest-arity arity)
  (cond
    [(list? arity) (if (null? arity) 0 (apply min (map smallest-arity arity)))]
    [(arity-at-least? arity) (arity-at-least-value arity)]
    [else arity]))

(define (arity-text procedure)
  (define arity (procedure-arity procedure))
  (define (one arity)
    (if (arity-at-least? arity)
        (format "at least ~a" (arity-at-least-value arity))
        (number->string arity)))
  (format "arguments: ~a"
          (if (list? arity) (string-join (map one arity) " or ") (one arity))))

(define (module-of binding)
  (define-values (path _base) (module-path-index-split (third binding)))
  (define resolved (resolved-module-path-name (module-path-index-resolve (third binding))))
  (if path (format "~s" path) (format "~a" resolved)))

(define (shortened text)
  (if (> (string-length text) longest) (string-append (substring text 0 longest) " …") text))

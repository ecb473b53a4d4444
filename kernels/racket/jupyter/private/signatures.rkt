#lang racket/base
;; What cells have said of their own functions: the head of each definition, and the comment above.

(require racket/list racket/string)
(provide note-signatures! cell-signature)

(define heads (make-hasheq)) ; symbol -> (cons text comment)

(define (note-signatures! forms code)
  (define lines (list->vector (regexp-split #rx"\n" code)))
  (for ([form forms])
    (define datum (syntax->datum form))
    (define name+head (head datum))
    (when name+head
      (define comment (comment-above lines (syntax-line form)))
      (hash-set! heads (car name+head)
                 (cons (or (head-text form code) (format "~s" (cdr name+head)))
                       (if (and (eq? (car datum) 'define/contract) (> (length datum) 2))
                           (format "contract: ~s\n~a" (caddr datum) comment)
                           comment))))))

;; The head as the cell has it, with its brackets, or #f.
(define (head-text form code)
  (define part (cadr (syntax->list form)))
  (define start (and (pair? (syntax-e part)) (syntax-position part)))
  (and start (substring code (sub1 start) (+ (sub1 start) (syntax-span part)))))

;; (cons text-of-the-head comment) or #f.
(define (cell-signature symbol) (hash-ref heads symbol #f))

;; Shape: (cons name head), or #f where it is no definition of a function, a macro or a structure.
(define (head datum)
  (define (shaped? count) (and (list? datum) (>= (length datum) count) (symbol? (car datum))))
  (cond
    [(not (shaped? 2)) #f]
    [(and (regexp-match? #rx"^define" (symbol->string (car datum))) (pair? (cadr datum)))
     (define name (innermost (cadr datum)))
     (and (symbol? name) (cons name (cadr datum)))]
    [(and (eq? (car datum) 'define) (= (length datum) 3) (lambda? (caddr datum)))
     (cons (cadr datum) (cons (cadr datum) (cadr (caddr datum))))]
    [(and (eq? (car datum) 'struct) (symbol? (cadr datum))) (cons (cadr datum) datum)]
    [else #f]))

(define (innermost head) (if (pair? head) (innermost (car head)) head))
(define (lambda? datum)
  (and (list? datum) (>= (length datum) 3) (memq (car datum) '(lambda λ)) #t))

(define (comment-above lines line)
  (define above
    (for/list ([at (in-range (- (or line 1) 2) -1 -1)]
               #:break (not (regexp-match? #px"^\\s*;" (vector-ref lines at))))
      (regexp-replace #px"^\\s*;+ ?" (vector-ref lines at) "")))
  (string-join (reverse above) "\n"))

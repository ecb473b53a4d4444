#lang racket/base
;; Which word stands at the cursor, and how a half-written form is indented. Evaluates nothing.

(require racket/string "session.rkt")
(provide word-before word-at enclosing-head is-complete require-prefix)

(define word-character "[^][\\s(){}\",'`;#|]")

;; The identifier that ends at the cursor, maybe empty.
(define (word-before code cursor)
  (car (regexp-match (pregexp (string-append word-character "*$")) (substring code 0 cursor))))

;; The identifier around the cursor, or #f.
(define (word-at code cursor)
  (define before (word-before code cursor))
  (define after (car (regexp-match (pregexp (string-append "^" word-character "*")) code cursor)))
  (define word (string-append before after))
  (and (not (equal? word "")) word))

;; The head of the innermost form that is open at the cursor, or #f.
(define (enclosing-head code cursor)
  (let loop ([at (sub1 cursor)] [depth 0])
    (and (>= at 0)
         (case (string-ref code at)
           [(#\) #\]) (loop (sub1 at) (add1 depth))]
           [(#\( #\[) (if (zero? depth) (word-at code (add1 at)) (loop (sub1 at) (sub1 depth)))]
           [else (loop (sub1 at) depth)]))))

;; The beginning of a module's name within (require ...), or #f.
(define (require-prefix code cursor)
  (define before (substring code 0 cursor))
  (define found (regexp-match #px"\\(require\\b[^\"]*?([^][\\s(){}\",'`;]*)$" before))
  (and found
       (let ([from (caar (regexp-match-positions #px"\\(require\\b[^\"]*$" before))])
         (positive? (depth (substring before from))))
       (cadr found)))

(define (depth text)
  (for/fold ([depth 0]) ([character text])
    (case character [(#\( #\[) (add1 depth)] [(#\) #\]) (sub1 depth)] [else depth])))

;; Shape: the fields of the reply.
(define (is-complete code)
  (with-handlers ([exn:fail:read:eof? (lambda (e) (incomplete code e))]
                  [exn:fail:read? (lambda (_) (hasheq 'status "invalid"))]
                  [exn:fail? (lambda (_) (hasheq 'status "unknown"))])
    (read-cell code 'console)
    (hasheq 'status "complete")))

;; Two more than the bracket that is still open; none within a string.
(define (incomplete code e)
  (define places (exn:fail:read-srclocs e))
  (define at (and (pair? places) (srcloc-position (car places))))
  (define column (and (pair? places) (srcloc-column (car places))))
  (define bracket? (and at (<= 1 at (string-length code))
                        (memv (string-ref code (sub1 at)) '(#\( #\[ #\{))))
  (hasheq 'status "incomplete"
          'indent (if (and bracket? column) (make-string (+ column 2) #\space) "")))

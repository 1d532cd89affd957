import Testing

@testable import HTTP

@Suite("Masking") struct MaskingTests {
  @Test(
    "secrets and personal numbers go, everything else stays",
    arguments: [
      (#"{"TaxId":"12-3456789","Id":7}"#, #"{"TaxId":"***","Id":7}"#),
      (#"{"TaxPayerId" : "123456789" }"#, #"{"TaxPayerId" : "***" }"#),
      (
        #"{"AccountNumberUnmasked":123456,"Name":"A"}"#,
        #"{"AccountNumberUnmasked":***,"Name":"A"}"#
      ),
      (#"{"Account Number":"1\"2","x":1}"#, #"{"Account Number":"***","x":1}"#),
      (#"{"RoutingNumber":"021000021"}"#, #"{"RoutingNumber":"***"}"#),
      (
        #"{"DateOfBirth":"1980-02-03","Date":"2026-11-21"}"#,
        #"{"DateOfBirth":"***","Date":"2026-11-21"}"#
      ),
      (#"{"AccountNumber":"cut in the middle"#, #"{"AccountNumber":"***"#),
      (#"{"AccountNumber":{"Value":5}}"#, #"{"AccountNumber":{"Value":5}}"#),
      ("Authorization: Bearer abc.def\r\nHost: h", "Authorization: ***\r\nHost: h"),
      (
        "x-buildium-client-id: a b\nx-buildium-client-secret: c",
        "x-buildium-client-id: ***\nx-buildium-client-secret: ***"
      ),
      ("sent Bearer abc-DEF_1.2/3= now", "sent Bearer *** now"),
      ("patAbCdEfGhIjKlMn.0123456789abcdef0123 rest", "*** rest"),
      ("(patAbCdEfGhIjKlMn)", "(***)"), ("keyAbCdEfGhIjKlMn", "***"),
      ("a pattern, a patio, keyboard", "a pattern, a patio, keyboard"),
      ("SSN 123-45-6789.", "SSN ***."), ("123 45 6789", "***"), ("id-123-45-6789", "id-***"),
      ("card 4111 1111 1111 1111!", "card ***!"), ("4111-1111-1111-1111", "***"),
      ("4111111111111111", "***"), ("378282246310005", "***"),
      ("4111111111111112", "4111111111111112"),
      ("2026-11-21T05:35:53Z", "2026-11-21T05:35:53Z"),
      ("555-1234 and 1001 1002 1003 1004", "555-1234 and 1001 1002 1003 1004"),
      ("1763702400000", "1763702400000"),
      ("8b7f6739-1234-4567-8901-abcdefabcdef", "8b7f6739-1234-4567-8901-abcdefabcdef"),
      ("client_secret=abc&grant_type=x", "client_secret=***&grant_type=x"),
      (#"say "hi" to "all": é"#, #"say "hi" to "all": é"#), ("", ""), ("\"", "\""),
      ("\"\\", "\"\\"),
    ])
  func text(_ plain: String, _ masked: String) {
    #expect(Masking.text(plain) == masked)
  }

  @Test("masking twice is masking once")
  func idempotent() {
    let text = #"{"TaxId":"12-3456789"} Bearer x patAbCdEfGhIjKlMn.01 4111111111111111"#
    #expect(Masking.text(Masking.text(text)) == Masking.text(text))
  }

  @Test("secret header fields are masked whatever their case")
  func headers() {
    let masked = Masking.headers([
      ("authorization", "Bearer x"), ("X-Buildium-Client-Secret", "y"), ("Accept", "z"),
      ("X-Note", "ssn 123-45-6789"),
    ])
    #expect(masked.map(\.value) == ["***", "***", "z", "ssn ***"])
  }

  @Test(
    "a path keeps its ids, and of a query what cannot be a person's",
    arguments: [
      (
        "https://h:8/v1/leases/7/transactions?limit=1000&offset=0",
        "/v1/leases/7/transactions?limit=1000&offset=0"
      ),
      (
        "https://h/v1/rentals?glaccountids=1&glaccountids=2&startdate=2026-01-01",
        "/v1/rentals?glaccountids=1&glaccountids=2&startdate=2026-01-01"
      ),
      (
        "https://h/v1/tenants?email=a%40b.c&phone=555-1234&name=7&city=Bonn",
        "/v1/tenants?email=***&phone=***&name=***&city=***"
      ),
      (
        "https://h/v0/app1/tbl1?filterByFormula=%7BSSN%7D%3D1&fields%5B%5D=fld1&offset=itr1/rec1",
        "/v0/app1/tbl1?filterByFormula=***&fields%5B%5D=fld1&offset=itr1/rec1"
      ),
      (
        "https://h/v1/x?lastupdatedfrom=2026-11-21T05%3A35%3A53Z&leasestatuses=Active&a",
        "/v1/x?lastupdatedfrom=2026-11-21T05%3A35%3A53Z&leasestatuses=Active&a"
      ),
      (
        "https://h/v1/x?taxid=123&accountnumber=5&code=123-45-6789",
        "/v1/x?taxid=***&accountnumber=***&code=***"
      ),
      ("https://h", "/"), ("nothing", "nothing"),
    ])
  func path(_ url: String, _ path: String) {
    #expect(Masking.path(ofURL: url) == path)
  }

  @Test("a path of thousands of ids is cut")
  func longPath() {
    let ids = (0..<500).map { "ids=\($0)" }.joined(separator: "&")
    #expect(Masking.path(ofURL: "https://h/v1/x?\(ids)").count == 501)
  }
}

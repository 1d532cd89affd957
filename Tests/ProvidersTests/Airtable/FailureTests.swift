import Background
import Domain
import HTTP
import Sync
import Testing

@testable import Providers

@Suite("Airtable failures") struct AirtableFailureTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var status: Int
    var body: String
    var reading: ProviderError.Kind
    var writing: ProviderError.Kind?
    /// What the sentence or the hint says.
    var says: String

    init(
      _ status: Int, _ body: String, _ reading: ProviderError.Kind,
      writing: ProviderError.Kind? = nil, _ says: String
    ) {
      (self.status, self.body, self.reading) = (status, body, reading)
      (self.writing, self.says) = (writing, says)
    }

    var testDescription: String { "\(status) \(body.prefix(60))" }
  }

  static func typed(_ type: String, _ message: String) -> String {
    HTTPResponse.error(type, message).text
  }

  static let rows: [Row] = [
    Row(
      400, typed("INVALID_REQUEST_BODY", "Could not parse request body"), .refused,
      "Could not parse request body"),
    Row(
      401, typed("AUTHENTICATION_REQUIRED", "Authentication required"), .notAuthorised,
      "access token"),
    Row(401, typed("UNAUTHORIZED", "Invalid token"), .notAuthorised, "airtable.com/create/tokens"),
    Row(
      403, typed("INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", "Invalid permissions, or the model"),
      .forbidden, "the base or table is not there"),
    Row(403, typed("INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", ""), .forbidden, "data.records:"),
    Row(
      403,
      typed(
        "INVALID_PERMISSIONS", "You are not permitted to create records in table Units (tblX)"),
      .forbidden, "create records in table Units"),
    Row(404, #"{"error":"NOT_FOUND"}"#, .notFound, "deleted"),
    Row(404, #"{"error":{"type":"NOT_FOUND"}}"#, .notFound, "deleted"),
    Row(413, typed("REQUEST_TOO_LARGE", ""), .refused, "too large"),
    Row(
      422, typed("INVALID_REQUEST_UNKNOWN", "Invalid request: parameter validation failed."),
      .refused, "parameter validation failed"),
    Row(
      422, typed("UNKNOWN_FIELD_NAME", #"Unknown field name: "fldRent""#), .notSetUp,
      "the field “Market Rent” is not there any more"),
    Row(
      422, typed("INVALID_VALUE_FOR_COLUMN", #"Field "Rent" cannot accept the provided value"#),
      .refused, "the field “Rent” does not take the value"),
    Row(
      422,
      typed(
        "INVALID_VALUE_FOR_COLUMN",
        #"Field "Rent" cannot accept a value because the field is computed"#),
      .notSetUp, "the field “Rent” is computed"),
    Row(
      422, typed("INVALID_VALUE_FOR_COLUMN", "Value is not an array of record IDs."), .refused,
      "takes links to rows"),
    Row(
      422,
      typed("INVALID_VALUE_FOR_COLUMN", #"Cannot parse value "Ann Lee" for field Start Date"#),
      .refused, "the field “Start Date” does not take"),
    Row(
      422,
      typed(
        "INVALID_MULTIPLE_CHOICE_OPTIONS",
        #"Insufficient permissions to create new select option "Lapsed""#),
      .refused, "the choice Lapsed"),
    Row(
      422, typed("INVALID_RECORDS", "You must provide an array of up to 10 record objects"),
      .refused, "up to 10 record objects"),
    Row(
      422, typed("ROW_DOES_NOT_EXIST", "Record ID rec123 does not exist in this table"),
      .notFound, "the row rec123"),
    Row(
      422,
      typed("INVALID_FILTER_BY_FORMULA", "The formula for filtering records is invalid: x"),
      .refused, "filter"),
    Row(
      422, #"{"error":{"type":"LIST_RECORDS_ITERATOR_NOT_AVAILABLE"}}"#, .refused,
      "starts again"),
    Row(
      422, typed("INVALID_OFFSET_VALUE", "The value of offset x is invalid"), .refused,
      "starts again"),
    Row(
      422, typed("UNSUPPORTED_FIELD_TYPE_FOR_CREATE", "Invalid options"), .refused, "by hand"),
    Row(
      422, typed("DUPLICATE_OR_EMPTY_FIELD_NAME", "Field name taken"), .refused,
      "Field name taken"),
    Row(
      429, #"{"errors":[{"error":"RATE_LIMIT_REACHED","message":"Rate limit exceeded."}]}"#,
      .rateLimited, "share the limit"),
    Row(
      429, typed("PUBLIC_API_BILLING_LIMIT_EXCEEDED", "API billing plan limit exceeded"),
      .quotaSpent, "month"),
    Row(500, typed("SERVER_ERROR", ""), .unreachable, writing: .doubt, "(500)"),
    Row(502, "<html>Bad gateway</html>", .unreachable, writing: .doubt, "(502)"),
    Row(
      503, typed("RETRIABLE_ERROR", "it is safe to retry"), .unreachable, writing: .doubt,
      "(503)"),
    Row(302, "", .unexpectedAnswer, writing: .doubt, "302"),
    Row(414, "not JSON", .refused, "414"),
    Row(415, #"{"error":"X"}"#, .refused, "415 X"),
  ]

  @Test("every error has its kind, its sentence and its hint", arguments: rows)
  func table(_ row: Row) {
    for isWrite in [false, true] {
      let call = AirtableCall(
        what: "changing the table “Units”", scope: isWrite ? .recordsWrite : .recordsRead,
        changes: isWrite, fieldNames: ["fldRent": "Market Rent"])
      let error = AirtableFailure(.json(row.body, status: row.status), call).error
      #expect(error.kind == (isWrite ? row.writing ?? row.reading : row.reading))
      #expect(error.status == row.status)
      #expect("\(error.message) \(error.hint)".contains(row.says), "\(error.message) \(error.hint)")
      #expect(!error.message.isEmpty && !error.hint.isEmpty)
      // A cell's value is the tenant's business.
      #expect(!error.message.contains("Ann Lee"))
    }
  }

  @Test(
    "the two kinds of 429 are told apart",
    arguments: [
      (429, #"{"errors":[{"error":"RATE_LIMIT_REACHED"}]}"#, AirtableLimit.perSecond),
      (429, #"{"error":{"type":"RATE_LIMIT_REACHED"}}"#, .perSecond),
      (429, "", .perSecond), (429, "<html>", .perSecond),
      (429, #"{"error":{"type":"PUBLIC_API_BILLING_LIMIT_EXCEEDED"}}"#, .monthlyQuota),
      (429, #"{"errors":[{"error":"PUBLIC_API_BILLING_LIMIT_EXCEEDED"}]}"#, .monthlyQuota),
      (403, #"{"error":{"type":"PUBLIC_API_BILLING_LIMIT_EXCEEDED"}}"#, nil), (200, "{}", nil),
    ] as [(Int, String, AirtableLimit?)])
  func limits(_ status: Int, _ body: String, _ limit: AirtableLimit?) {
    #expect(AirtableLimit.of(.json(body, status: status)) == limit)
  }

  @Test(
    "no answer is a doubt only for a write that may have landed",
    arguments: [
      (.timeout, .unreachable, .doubt), (.broken, .unreachable, .doubt),
      (.tooLarge, .unexpectedAnswer, .doubt), (.cancelled, .cancelled, .doubt),
      (.noConnection, .unreachable, .unreachable), (.tls, .unreachable, .unreachable),
      (.breakerOpen, .unreachable, .unreachable), (.badAddress, .notSetUp, .notSetUp),
    ] as [(TransferError.Kind, ProviderError.Kind, ProviderError.Kind)])
  func transfers(
    _ transfer: TransferError.Kind, _ reading: ProviderError.Kind, _ writing: ProviderError.Kind
  ) {
    for (changes, kind) in [(false, reading), (true, writing)] {
      let call = AirtableCall(what: "changing the table “Units”", changes: changes)
      #expect(AirtableFailure(TransferError(transfer, "x"), call).error.kind == kind)
    }
  }

  @Test(
    "a success that is not what it should be is no success",
    arguments: [
      "", "{}", "<html>hello</html>", #"{"records":[{"id":"rec1","#,
      #"{"records":[{"id":"rec1"}]}"#,
      #"{"errors":[{"error":"X"}]}"#, "[]",
    ])
  func successes(_ body: String) {
    let client = api(ScriptedHTTP([.json(body)]))
    let read = failure { () throws(AirtableFailure) in
      try client.page(
        .init(table: "tbl1"), offset: nil, AirtableCall(what: "reading"), Cancellation())
    }
    let written = failure { () throws(AirtableFailure) in
      try client.upsert(
        "tbl1", key: "fldK", [JSONObject(["fldK": "a"])],
        AirtableCall(what: "writing", changes: true),
        Cancellation())
    }
    #expect(read?.kind == .unexpectedAnswer)
    #expect(written?.kind == .doubt)
  }

  @Test("a hostile message cannot steer a terminal, nor flood it")
  func hostile() {
    let body = HTTPResponse.error(
      "SOME_TYPE", "\u{1B}]0;x\u{7}\u{9B}31m" + String(repeating: "y", count: 5000))
    let error = AirtableFailure(body, AirtableCall(what: "reading")).error
    #expect(error.message.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x9B })
    #expect(error.message.count <= 400)
  }
}

extension HTTPResponse {
  var text: String { String(decoding: body, as: UTF8.self) }
}

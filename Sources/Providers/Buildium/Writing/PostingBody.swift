// The request that creates a transaction, a bill, a payment of bills, a credit or a deposit.
import Domain
import Sync

/// Path and body of a POST, made from a record that ``PostingRules`` found nothing against.
struct PostingBody: Sendable {
  let path: String
  let json: JSONValue

  /// - Throws: when a record that was not checked names no parent.
  init(_ kind: PostingKind, _ record: Record, marker: IntentMarker) throws(ProviderError) {
    func id(_ field: String) throws(ProviderError) -> String {
      guard let key = record[field].reference else {
        throw ProviderError(
          .buildium, .refused, "\(kind.title): \(field.replacing("_", with: " ")) is missing.")
      }
      return key.id
    }
    let memo = JSONValue.string(marker.marking(record["memo"].text))
    let ledgerLines = JSONValue.array(record.lines.map { Self.ledgerLine($0) })
    switch kind {
    case .charge:
      path = "\(LeaseMapping.collection)/\(try id("lease_id"))/charges"
      let lines = record.lines.map { line -> JSONValue in
        var object = Self.ledgerLine(line).object ?? JSONObject()
        object["ReferenceNumber"] = (line["reference_number"] ?? .null).wire
        return .object(object)
      }
      json = [
        "Date": record["date"].wire, "Memo": memo, "BillId": record["bill_id"].wire,
        "Lines": .array(lines),
      ]
    case .payment:
      let lease = "\(LeaseMapping.collection)/\(try id("lease_id"))"
      var body = JSONObject([
        "Date": record["date"].wire, "PaymentMethod": record["payment_method"].wire,
        "PayeeUserId": record["tenant_id"].wire, "Memo": memo,
        "ReferenceNumber": record["reference_number"].wire, "SendEmailReceipt": false,
      ])
      if record.lines.isEmpty {
        // Without accounts Buildium pays what is owed, the oldest first.
        path = lease + "/autoallocatedpayments"
        body["TotalAmount"] = record["total_amount"].wire
      } else {
        path = lease + "/payments"
        body["Lines"] = ledgerLines
      }
      json = .object(body)
    case .credit:
      path = "\(LeaseMapping.collection)/\(try id("lease_id"))/credits"
      json = [
        "Date": record["date"].wire, "Memo": memo,
        "CreditType": .string(record["credit_type"].text ?? PostingRules.creditTypeDefault),
        "OffsettingGLAccountId": record["offsetting_gl_account_id"].wire,
        // Spelled otherwise than on every other line of a lease.
        "Lines": .array(record.lines.map { Self.ledgerLine($0, account: "GlAccountId") }),
      ]
    case .refund:
      path = "\(LeaseMapping.collection)/\(try id("lease_id"))/refunds"
      json = [
        "Date": record["date"].wire,
        "PayeeUserIds": .array(record["tenant_ids"].links.map { .number($0.id) }), "Memo": memo,
        "CheckNumber": record["check_number"].wire,
        "BankAccountId": record["bank_account_id"].wire, "Address": Self.address(record),
        "Lines": ledgerLines,
      ]
    case .journalEntry:
      path = "/v1/generalledger/journalentries"
      let lines = record.lines.map { line -> JSONValue in
        [
          "GLAccountId": (line["gl_account_id"] ?? .null).wire,
          "Memo": (line["memo"] ?? .null).wire,
          "PostingType": (line["posting_type"] ?? .null).wire,
          "Amount": (line["amount"] ?? .null).wire,
        ]
      }
      json = [
        "AccountingEntity": EntityReference.wire(record.fields) ?? .null,
        "Date": record["date"].wire, "Memo": memo, "Lines": .array(lines),
      ]
    case .check:
      path = "\(BankAccountMapping.collection)/\(try id("bank_account_id"))/checks"
      json = [
        "Payee": ["Id": record["payee_id"].wire, "Type": record["payee_type"].wire],
        "CheckNumber": record["check_number"].wire, "EntryDate": record["date"].wire,
        "Memo": memo, "Lines": .array(record.lines.map { Self.entityLine($0) }),
      ]
    case .bill:
      var marked = record
      marked["description"] = .text(marker.marking(record["description"].text))
      let body = try BillMapping.body(marked, id: nil, current: nil)
      (path, json) = (body.path, body.json)
    case .billPayment:
      (path, json) = Self.billPayment(record, memo)
    case .vendorCredit:
      path = "\(VendorMapping.collection)/\(try id("vendor_id"))/credits"
      json = [
        "EntryDate": record["date"].wire, "ReferenceNumber": record["reference_number"].wire,
        "Memo": memo,
        "Lines": .array(record.lines.map { Self.entityLine($0, hasReference: false) }),
      ]
    case .deposit:
      path = "\(BankAccountMapping.collection)/\(try id("bank_account_id"))/deposits"
      json = [
        "EntryDate": record["date"].wire, "Memo": memo,
        "Lines": .array(record.lines.map { Self.entityLine($0) }),
        "PaymentTransactionIds": .array(
          record["payment_transaction_ids"].links.map { .number($0.id) }),
      ]
    }
  }

  /// One bill with its lines has a request of its own, which takes a memo and a check number; any
  /// other payment is one of several bills, which takes neither.
  private static func billPayment(_ record: Record, _ memo: JSONValue) -> (String, JSONValue) {
    let bills = record["bill_ids"].links
    let credits = JSONValue.array(record["vendor_credit_ids"].links.map { .number($0.id) })
    func lines(of bill: RemoteKey?) -> JSONValue {
      .array(
        record.lines.filter { bill == nil || $0["bill_id"]?.reference == bill }.map { line in
          [
            "BillLineId": (line["buildium_line_id"] ?? .null).wire,
            "Amount": (line["amount"] ?? .null).wire,
          ]
        })
    }
    if PostingRules.isPaymentOfOneBill(record), let bill = bills.first {
      return (
        "\(BillMapping.collection)/\(bill.id)/payments",
        [
          "BankAccountId": record["bank_account_id"].wire, "EntryDate": record["date"].wire,
          "Memo": memo, "CheckNumber": record["reference_number"].wire,
          "Lines": lines(of: nil), "VendorCreditIds": credits,
        ]
      )
    }
    let inPart = Set(record.lines.compactMap { $0["bill_id"]?.reference })
    return (
      "\(BillMapping.collection)/payments",
      [
        "BankAccountId": record["bank_account_id"].wire, "EntryDate": record["date"].wire,
        "BillIds": .array(bills.filter { !inPart.contains($0) }.map { .number($0.id) }),
        "VendorCreditIds": credits,
        "PaymentAllocations": .array(
          inPart.sorted().map { ["BillId": .number($0.id), "Lines": lines(of: $0)] }),
      ]
    )
  }

  private static func ledgerLine(
    _ line: FieldValues, account: String = "GLAccountId"
  ) -> JSONValue {
    .object(
      JSONObject([
        "Amount": (line["amount"] ?? .null).wire,
        account: (line["gl_account_id"] ?? .null).wire,
      ]))
  }

  private static func entityLine(_ line: FieldValues, hasReference: Bool = true) -> JSONValue {
    var object = JSONObject([
      "GLAccountId": (line["gl_account_id"] ?? .null).wire,
      "AccountingEntity": EntityReference.wire(line) ?? .null,
      "Memo": (line["memo"] ?? .null).wire, "Amount": (line["amount"] ?? .null).wire,
    ])
    if hasReference { object["ReferenceNumber"] = (line["reference_number"] ?? .null).wire }
    return .object(object)
  }

  private static func address(_ record: Record) -> JSONValue {
    var object = JSONObject()
    for member in Member.address() {
      if let name = member.write?.last { object[name] = record[member.field].wire }
    }
    return .object(object)
  }
}

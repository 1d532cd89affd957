// GL transactions and what hangs on them: lease ledgers, bank registers, deposits, vendor credits.
import Domain
import Sync

/// A GL transaction. Lines keep the amount as Buildium gives it; what side it is posted on follows
/// from the sign convention of the account and is added when the record is stored.
enum TransactionMapping {
  static let collection = "/v1/generalledger/transactions"
  static let mapping = EntityMapping(
    .transactions, "Transaction",
    [
      .read("date", "Date"), .read("transaction_type", "TransactionType"),
      .read("total_amount", "TotalAmount"), .read("check_number", "CheckNumber"),
      .read("unit_id", "UnitId"), .read("memo", "Journal.Memo"),
      .read("payment_method", "PaymentDetail.PaymentMethod"),
      .read("payee_type", "PaymentDetail.Payee.Type"),
      .read("payee_id", "PaymentDetail.Payee.Id"),
      .read("payee_name", "PaymentDetail.Payee.Name"),
      .read("is_internal_transaction", "PaymentDetail.IsInternalTransaction"),
      .read("is_pending", "PaymentDetail.InternalTransactionStatus.IsPending"),
      .read("bank_gl_account_id", "DepositDetails.BankGLAccountId"),
      .read("buildium_updated_at", "LastUpdatedDateTime"),
    ])

  static func record(_ json: JSONValue) throws(ProviderError) -> RemoteRecord {
    var remote = try mapping.record(json, updatedAt: "buildium_updated_at")
    let wire = try Wire(json, titled: "Transaction")
    var reference = FieldValue.null
    for line in try wire.list("Journal", "Lines") {
      let fields = try fields(line)
      if reference.isNull { reference = fields["reference_number"] ?? .null }
      remote.record.lines.append(fields)
    }
    remote.record["reference_number"] = reference
    remote.record["property_id"] = EntityReference.common("property_id", of: remote.record.lines)
    let isLease = try wire.text("UnitAgreement", "Type") == "Lease"
    remote.record["lease_id"] =
      isLease ? try wire.field(.reference(.leases), "UnitAgreement", "Id") : .null
    // A bill and its transaction share one id.
    remote.record["bill_id"] =
      remote.record["transaction_type"].text == "Bill"
      ? .reference(RemoteKey(.buildium, .bills, remote.key.id)) : .null
    remote.record["deposited_payments"] = .text(canonical: try depositedPayments(wire))
    return remote
  }

  private static func fields(_ line: Wire) throws(ProviderError) -> FieldValues {
    let fields: FieldValues = [
      "gl_account_id": try EntityReference.account(line),
      "source_amount": try line.field(.money, "Amount"),
      "is_cash_posting": try line.field(.boolean, "IsCashPosting"),
      "reference_number": try line.field(.text, "ReferenceNumber"),
      // The memo of the whole may stand on every line, with the mark of one of our creates.
      "memo": .text(canonical: IntentMarker.split(try line.text("Memo") ?? "").text),
    ]
    return fields.merging(try EntityReference.fields(line)) { $1 }
  }

  private static func depositedPayments(_ wire: Wire) throws(ProviderError) -> String? {
    var parts: [String] = []
    for payment in try wire.list("DepositDetails", "PaymentTransactions") {
      let amount = try payment.field(.money, "Amount").money ?? .zero
      parts.append("\(try payment.id()):\(amount)")
    }
    return parts.isEmpty ? nil : parts.joined(separator: " ")
  }
}

/// A line of a lease's ledger. Signed as the tenant's balance moves: charges positive, payments and
/// credits negative.
enum LeaseTransactionMapping {
  static let mapping = EntityMapping(
    .leaseTransactions, "Lease transaction",
    [
      .read("date", "Date"), .read("transaction_type", "TransactionTypeEnum"),
      .read("transaction_type_text", "TransactionType"), .read("amount", "TotalAmount"),
      .read("tenant_id", "PayeeTenantId"), .read("payment_method", "PaymentMethod"),
      .read("check_number", "CheckNumber"), .read("memo", "Journal.Memo"),
    ])

  /// - Parameter lease: the lease it was read from, for an answer that does not name it.
  static func record(_ json: JSONValue, lease: String?) throws(ProviderError) -> RemoteRecord {
    var remote = try mapping.record(json)
    let wire = try Wire(json, titled: "Lease transaction")
    var link = try wire.field(.reference(.leases), "LeaseId")
    if link.isNull, let lease { link = .reference(RemoteKey(.buildium, .leases, lease)) }
    remote.record["lease_id"] = link
    remote.record["transaction_id"] = .reference(
      RemoteKey(.buildium, .transactions, remote.key.id))
    return remote
  }
}

/// A line of a bank account's register, with how far it is reconciled.
enum BankTransactionMapping {
  static let mapping = EntityMapping(
    .bankTransactions, "Bank transaction",
    [
      .read("date", "EntryDate"), .read("transaction_type", "TransactionType"),
      .read("reconciliation_status", "ReconciliationStatus"), .read("amount", "Amount"),
      .read("check_number", "CheckNumber"), .read("memo", "Memo"),
    ])

  /// - Parameter account: the bank account; a transfer stands in two, so it is part of the key.
  static func record(_ json: JSONValue, account: String) throws(ProviderError) -> RemoteRecord {
    let remote = try mapping.record(
      json, adding: ["bank_account_id": .reference(RemoteKey(.buildium, .bankAccounts, account))])
    var record = remote.record
    record["transaction_id"] = .reference(RemoteKey(.buildium, .transactions, remote.key.id))
    return RemoteRecord(
      key: RemoteKey(.buildium, .bankTransactions, "\(account):\(remote.key.id)"), record: record,
      source: remote.source, marker: remote.marker)
  }
}

/// A deposit of received payments at a bank.
enum DepositMapping {
  static let mapping = EntityMapping(
    .deposits, "Deposit",
    [
      .read("date", "EntryDate"), .read("amount", "TotalAmount"), .read("memo", "Memo"),
    ])

  static func record(_ json: JSONValue, account: String) throws(ProviderError) -> RemoteRecord {
    let wire = try Wire(json, titled: "Deposit")
    return try mapping.record(
      json,
      adding: [
        "bank_account_id": .reference(RemoteKey(.buildium, .bankAccounts, account)),
        "payment_transaction_ids": .references(
          canonical: try wire.references(.transactions, "PaymentTransactionIds")),
      ])
  }
}

/// A vendor's credit.
enum VendorCreditMapping {
  static let mapping = EntityMapping(
    .vendorCredits, "Vendor credit",
    [
      .read("date", "EntryDate"), .read("reference_number", "ReferenceNumber"),
      .read("memo", "Memo"),
    ])

  static func record(_ json: JSONValue, vendor: String) throws(ProviderError) -> RemoteRecord {
    var remote = try mapping.record(
      json, adding: ["vendor_id": .reference(RemoteKey(.buildium, .vendors, vendor))])
    for line in try Wire(json, titled: "Vendor credit").list("Lines") {
      let fields: FieldValues = [
        "buildium_line_id": try line.field(.integer, "Id"),
        "gl_account_id": try EntityReference.account(line),
        "amount": try line.field(.money, "Amount"), "memo": try line.field(.text, "Memo"),
      ]
      remote.record.lines.append(fields.merging(try EntityReference.fields(line)) { $1 })
    }
    remote.record["amount"] = .money(EntityReference.sum("amount", of: remote.record.lines))
    return remote
  }
}

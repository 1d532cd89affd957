// When a bill is due that does not say so.
import Domain

/// How many days after its date a bill is due unless it says.
public struct PaymentTerms: Sendable, Hashable {
  /// What holds until the office says otherwise: net 30.
  public static let standardDays = 30
  /// The longest terms that are taken.
  public static let daysMax = 365

  /// At least one: Buildium takes no bill that is due on its own date.
  public var days: Int
  /// Whether they are those of the vendor's last bill, and not the office's.
  public var isVendors: Bool
}

extension Store {
  /// The terms of a vendor's bills: those of the last one that had any, else the office's.
  public func paymentTerms(ofVendor vendor: String?) throws(StorageError) -> PaymentTerms {
    try read { connection throws(StorageError) in
      try BillTerms(connection: connection).terms(ofVendor: vendor)
    }
  }

  /// Says when bills are due that do not say so; why it may not be said.
  public func setPaymentTerms(days: Int, by name: String) throws(StorageError) -> Refusal? {
    guard (1...PaymentTerms.daysMax).contains(days) else {
      return Refusal(
        "terms", "Terms are 1 to \(PaymentTerms.daysMax) days: a bill is due after its date.")
    }
    return try setBillSetting(
      BillSettings.paymentTerms, to: String(days), called: ("terms", "payment_terms_days"),
      by: name)
  }
}

struct BillTerms {
  let connection: Connection

  func terms(ofVendor vendor: LocalID?) throws(StorageError) -> PaymentTerms {
    let last = try vendor.flatMap { (vendor) throws(StorageError) in
      try connection.row(
        """
        SELECT date, due_date FROM bills
        WHERE vendor_id = $1 AND due_date > date AND amount > 0 AND deleted_at IS NULL
        ORDER BY date DESC, id DESC LIMIT 1
        """, .local(vendor)
      ) { row throws(StorageError) in (row.date(0), row.date(1)) }
    }
    if let date = last?.0, let due = last?.1 {
      let days = due.daysSince1970 - date.daysSince1970
      if days <= PaymentTerms.daysMax { return PaymentTerms(days: days, isVendors: true) }
    }
    let office = try connection.row(
      "SELECT value FROM settings WHERE name = $1", .text(BillSettings.paymentTerms)
    ) { row throws(StorageError) in Int(row.text(0)) }
    return PaymentTerms(days: (office ?? nil) ?? PaymentTerms.standardDays, isVendors: false)
  }
}

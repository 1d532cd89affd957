// Bank accounts.
import Domain
import Sync

/// A bank account.
enum BankAccountMapping {
  static let collection = "/v1/bankaccounts"
  static let mapping = EntityMapping(
    .bankAccounts, "Bank account",
    [
      .both("name", "Name", required: true), .both("description", "Description"),
      .both("bank_account_type", "BankAccountType", required: true),
      .both("country", "Country", required: true), .read("account_number", "AccountNumber"),
      .both("routing_number", "RoutingNumber"), .read("is_active", "IsActive"),
      .read("buildium_balance", "Balance"), .read("gl_account", "GLAccount.Id"),
    ], kept: ["CheckPrintingInfo"])

  static func record(_ json: JSONValue) throws(ProviderError) -> RemoteRecord {
    try mapping.record(json)
  }

  /// The body for a bank account.
  static func body(_ record: Record, id: String?, current: JSONValue?) throws(ProviderError)
    -> BuildiumBody
  {
    var builder = try mapping.body(record, current: current)
    builder.notWritten.removeAll { $0 == "account_number" }
    setAccountNumber(record, current: current, in: &builder)
    if current != nil {
      if builder["CheckPrintingInfo"] ?? .null == .null {
        builder.problems.append(
          "Bank account: Buildium requires its check printing settings with every change and shows"
            + " none; set them up in Buildium first.")
      }
    }
    return builder.body(collection, id: id)
  }

  /// What Buildium shows as `AccountNumber` is presumably masked and must not be sent back; the
  /// whole number stands beside it. Without it, a replacement clears the number.
  private static func setAccountNumber(
    _ record: Record, current: JSONValue?, in builder: inout BodyBuilder
  ) {
    let shown = current?["AccountNumber"]?.string
    if let wanted = record["account_number"].text, wanted != shown {
      builder.set("AccountNumber", .string(wanted))
    } else if record.fields["account_number"] == .null {
      builder.set("AccountNumber", .null)
    } else if let whole = current?["AccountNumberUnmasked"]?.string, !whole.isEmpty {
      builder.set("AccountNumber", .string(whole))
    } else if shown != nil {
      builder.lostOnReplace.append("AccountNumber")
    }
  }
}

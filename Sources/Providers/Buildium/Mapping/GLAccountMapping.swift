// GL accounts.
import Domain
import Sync

/// A GL account.
enum GLAccountMapping {
  static let collection = "/v1/glaccounts"
  static let mapping = EntityMapping(
    .glAccounts, "GL account",
    [
      .both("account_number", "AccountNumber", limit: 12, required: true),
      .both("name", "Name", limit: 50, required: true),
      .both("description", "Description", limit: 250), .read("type", "Type"),
      .both("sub_type", "SubType", required: true),
      .both("cash_flow_classification", "CashFlowClassification"),
      .read("default_account_name", "DefaultAccountName"),
      .read("is_default_gl_account", "IsDefaultGLAccount"),
      .both("is_contra_account", "IsContraAccount"), .read("is_bank_account", "IsBankAccount"),
      .read("exclude_from_cash_balances", "ExcludeFromCashBalances"),
      .read("is_active", "IsActive"), .read("is_credit_card_account", "IsCreditCardAccount"),
      .both("parent_gl_account_id", "ParentGLAccountId"),
    ])

  static func record(_ json: JSONValue) throws(ProviderError) -> RemoteRecord {
    var remote = try mapping.record(json)
    if case .object(var object) = json, object["SubAccounts"] != nil {
      // They are records of their own; the parent's source would otherwise change with them.
      object["SubAccounts"] = nil
      remote.source = JSONValue.object(object).sourceText(of: .glAccounts)
    }
    return remote
  }

  /// The account and its sub-accounts, parents first: Buildium lists sub-accounts only inside.
  static func records(_ json: JSONValue, depth: Int = 0) throws(ProviderError) -> [RemoteRecord] {
    let account = try record(json)
    var records = [account]
    let wire = try Wire(json, titled: "GL account")
    let children = try wire.list("SubAccounts")
    guard depth < depthMax else {
      if children.isEmpty { return records }
      throw .unexpected("\(wire.what): accounts are nested deeper than \(depthMax) levels.")
    }
    for child in children {
      for var record in try Self.records(.object(child.object), depth: depth + 1) {
        if record.record["parent_gl_account_id"].isNull {
          record.record["parent_gl_account_id"] = .reference(account.key)
        }
        records.append(record)
      }
    }
    return records
  }

  /// Buildium documents one level; a deeper chart is read, an endless one refused.
  private static let depthMax = 8

  /// The body for a GL account.
  ///
  /// - Parameter isCashAsset: must be said for a current asset; no GET tells it.
  static func body(
    _ record: Record, id: String?, current: JSONValue?, isCashAsset: Bool? = nil
  ) throws(ProviderError) -> BuildiumBody {
    var builder = try mapping.body(record, current: current)
    if let isCashAsset {
      builder.set("IsCashAsset", .bool(isCashAsset))
    } else if builder["SubType"]?.string == "CurrentAsset" {
      builder.problems.append(
        "GL account: Buildium requires to be told whether a current asset is cash, and does not"
          + " show what it is now.")
    } else if current != nil {
      builder.lostOnReplace.append("IsCashAsset")
    }
    return builder.body(collection, id: id)
  }
}

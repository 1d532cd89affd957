// One record by its id.
import Background
import Domain
import Sync

extension BuildiumProvider {
  /// One record; nil when Buildium says there is none.
  ///
  /// A record that hangs on another needs its parent: it stands in the id (`PAYMENT:BILL`,
  /// `ACCOUNT:TRANSACTION`), in what is known of the record, or at Buildium.
  public func record(
    _ resource: Resource, id: String, context: any PullContext, cancellation: Cancellation
  ) throws(ProviderError) -> RemoteRecord? {
    do {
      return try lookUp(resource, id, context, cancellation)
    } catch  where error.kind == .notFound {
      return nil
    }
  }

  private func lookUp(
    _ resource: Resource, _ id: String, _ context: any PullContext, _ cancellation: Cancellation
  ) throws(ProviderError) -> RemoteRecord? {
    func get(_ path: String) throws(ProviderError) -> JSONValue {
      try api.get(path, cancellation: cancellation).json
    }
    func parent(_ field: String) throws(ProviderError) -> String? {
      try context.record(RemoteKey(.buildium, resource, id))?[field].reference?.id
    }
    let parts = id.split(separator: ":").map(String.init)
    switch resource {
    case .billPayments where parts.count == 2:
      let json = try get("\(BillMapping.collection)/\(parts[1])/payments/\(parts[0])")
      return try billPayment(json, bill: parts[1], context, cancellation)
    case .bankTransactions where parts.count == 2:
      let json = try get("\(BankAccountMapping.collection)/\(parts[0])/transactions/\(parts[1])")
      return try BankTransactionMapping.record(json, account: parts[0])
    case .deposits:
      var accounts = inOrder(try context.knownIDs(of: .bankAccounts))
      if let known = try parent("bank_account_id") { accounts = [known] }
      for account in accounts {
        do {
          let json = try get("\(BankAccountMapping.collection)/\(account)/deposits/\(id)")
          return try DepositMapping.record(json, account: account)
        } catch  where error.kind == .notFound {
          continue
        }
      }
      return nil
    case .leaseTransactions:
      var lease = try parent("lease_id")
      if lease == nil { lease = try leaseOfTransaction(id, get) }
      guard let lease else { return nil }
      let json = try get("\(LeaseMapping.collection)/\(lease)/transactions/\(id)")
      return try LeaseTransactionMapping.record(json, lease: lease)
    case .vendorCredits:
      var vendor = try parent("vendor_id")
      if vendor == nil { vendor = try vendorOfTransaction(id, get) }
      guard let vendor else { return nil }
      let json = try get("\(VendorMapping.collection)/\(vendor)/credits/\(id)")
      return try VendorCreditMapping.record(json, vendor: vendor)
    case .taskHistory:
      guard let task = try parent("task_id") else { return nil }
      return try TaskHistoryMapping.record(get("/v1/tasks/\(task)/history/\(id)"), task: task)
    case .taskHistoryFiles:
      guard let entry = try parent("task_history_id"),
        let history = try context.record(RemoteKey(.buildium, .taskHistory, entry)),
        let task = history["task_id"].reference?.id
      else { return nil }
      return try TaskHistoryMapping.file(
        get("/v1/tasks/\(task)/history/\(entry)/files/\(id)"), history: entry)
    default:
      guard let collection = Self.collection(resource) else {
        throw ProviderError(
          .buildium, .unsupported,
          "Buildium has no \(resource.title.lowercased()) under the id \(id).")
      }
      return try Self.records(resource, get("\(collection)/\(id)")).first
    }
  }

  /// The lease a transaction belongs to; webhooks about lease transactions do not say.
  private func leaseOfTransaction(
    _ id: String, _ get: (String) throws(ProviderError) -> JSONValue
  ) throws(ProviderError) -> String? {
    let record = try TransactionMapping.record(get("\(TransactionMapping.collection)/\(id)")).record
    return record["lease_id"].reference?.id
  }

  private func vendorOfTransaction(
    _ id: String, _ get: (String) throws(ProviderError) -> JSONValue
  ) throws(ProviderError) -> String? {
    let record = try TransactionMapping.record(get("\(TransactionMapping.collection)/\(id)")).record
    guard record["payee_type"].text == "Vendor" else { return nil }
    return record["payee_id"].integer.map { "\($0)" }
  }
}

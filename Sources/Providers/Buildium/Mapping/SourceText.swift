// The text of a record that is kept and shown to people as its source.
import Domain

extension JSONValue {
  /// The JSON as it came, without what must not be kept: secrets are masked, and whole records that
  /// Buildium repeats inside others (the GL account of every line, a tenant's leases, a lease's
  /// tenants) are reduced to their ids. They have rows of their own.
  ///
  /// - Parameter resource: What the record is; a GL account's own number is no secret.
  func sourceText(of resource: Resource) -> String {
    cleaned(isAccount: resource == .glAccounts).text
  }

  private static let secrets: Set<String> = [
    "TaxId", "TaxPayerId", "AccountNumber", "AccountNumberUnmasked", "RoutingNumber",
    "DateOfBirth",
  ]

  /// Members that hold other records whole.
  private static let nested: Set<String> = ["GLAccount", "Leases", "CurrentTenants"]

  /// The id of a record, or the ids of several; nil for what has none.
  private var ids: JSONValue? {
    if let id = self["Id"] { return id }
    guard let values = array, !values.isEmpty else { return nil }
    let ids = values.compactMap { $0["Id"] }
    return ids.count == values.count ? .array(ids) : nil
  }

  private func cleaned(isAccount: Bool) -> JSONValue {
    switch self {
    case .array(let values): return .array(values.map { $0.cleaned(isAccount: isAccount) })
    case .object(let object):
      var result = JSONObject()
      for (key, value) in object.members {
        if Self.nested.contains(key), let ids = value.ids {
          result[key] = ids
        } else if Self.secrets.contains(key), !value.isNull, !(isAccount && key == "AccountNumber")
        {
          result[key] = "***"
        } else {
          result[key] = value.cleaned(isAccount: isAccount)
        }
      }
      return .object(result)
    default: return self
    }
  }
}

// The text of a record that is kept and shown to people as its source.
import Domain

extension JSONValue {
  /// The JSON as it came, without what must not be kept: secrets are masked, and the GL account
  /// that Buildium repeats inside every line is reduced to its id.
  ///
  /// - Parameter resource: What the record is; a GL account's own number is no secret.
  func sourceText(of resource: Resource) -> String {
    cleaned(isAccount: resource == .glAccounts).text
  }

  private static let secrets: Set<String> = [
    "TaxId", "TaxPayerId", "AccountNumber", "AccountNumberUnmasked", "RoutingNumber",
    "DateOfBirth",
  ]

  private func cleaned(isAccount: Bool) -> JSONValue {
    switch self {
    case .array(let values): return .array(values.map { $0.cleaned(isAccount: isAccount) })
    case .object(let object):
      var result = JSONObject()
      for (key, value) in object.members {
        if key == "GLAccount", let id = value["Id"] {
          result[key] = id
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

// What went wrong, in words and with what to do about it.
import Domain
import HTTP
import Sync

enum BuildiumFailure {
  /// How much of what Buildium says is shown.
  private static let messageCharactersMax = 400
  private static let detailsMax = 5

  /// The error for an answer that is no success.
  ///
  /// - Parameters:
  ///   - what: the request in words: `GET /v1/bills`.
  ///   - path: its path, which tells the permission a 403 is about.
  static func error(
    _ response: HTTPResponse, what: String, path: String, isRepeatable: Bool
  ) -> ProviderError {
    let status = response.status
    let said = message(response.body)
    let because = said.isEmpty ? "." : ": \(said)"
    func error(_ kind: ProviderError.Kind, _ message: String, _ hint: String) -> ProviderError {
      ProviderError(.buildium, kind, message, hint: hint, status: status)
    }
    switch status {
    case 401:
      return error(
        .notAuthorised, "Buildium does not accept the API key (401)\(because)",
        "Check the client id and secret in Buildium under Settings > Developer Tools; a sandbox key"
          + " does not open the production account, nor the other way round.")
    case 403:
      return error(
        .forbidden, "The API key may not do \(what) (403)\(because)",
        "Give the key the permission \(permission(path)) in Buildium under Settings > Developer"
          + " Tools.")
    case 404 where isPage(response.body):
      // Not Buildium's own word, so no proof that a record is gone.
      return error(
        isRepeatable ? .unexpectedAnswer : .doubt,
        "Buildium's address answered \(what) with a web page (404) instead of data.",
        "Check RENTBOOK_BUILDIUM_URL or the connection's address; another service may be answering."
      )
    case 404 where namesRecord(path):
      return error(
        .notFound, "Buildium knows nothing at \(what) (404)\(because)",
        "The record may have been deleted in Buildium.")
    case 404:
      return error(
        .notFound, "Buildium knows nothing at \(what) (404)\(because)",
        "Check RENTBOOK_BUILDIUM_URL or the connection's address; another service may be answering."
      )
    case 409 where namesRecord(path):
      return error(
        .refused, "Buildium refuses \(what) in the record's present state (409)\(because)",
        "Look at the record in Buildium; sending the same again will not help.")
    case 409:
      return error(
        .refused, "Buildium refuses \(what) in the account's present state (409)\(because)",
        "Look at it in Buildium; asking the same again will not help.")
    case 408 where !isRepeatable:
      return error(
        .doubt,
        "Buildium waited too long for \(what) (408)\(because) It may have been carried out.",
        "Rentbook looks for the record before sending it again.")
    case 415:
      return error(
        .refused, "Buildium does not read the form of \(what) (415)\(because)",
        "Nothing was changed; a newer Rentbook may know the form it wants.")
    case 429:
      return error(
        .rateLimited, "Buildium asks for fewer requests (429) at \(what)\(because)",
        "Other programs on the same Buildium account share the limit; the next sync goes on from here."
      )
    case 400..<500:
      return error(
        .refused, "Buildium refuses \(what) (\(status))\(because)",
        what.hasPrefix("GET ")
          ? "A newer Rentbook may know how it wants to be asked."
          : "Correct what it names and try again.")
    case 500...:
      if !isRepeatable {
        return error(
          .doubt, "Buildium failed (\(status)) at \(what)\(because) It may have been carried out.",
          "Rentbook looks for the record before sending it again.")
      }
      return error(
        .unreachable, "Buildium failed (\(status)) at \(what)\(because)",
        "Try again later; if it persists, look at Buildium's status page.")
    default:
      return error(
        isRepeatable ? .unexpectedAnswer : .doubt,
        "Buildium answered \(what) with the status \(status).",
        "Check the address of the service; something else may be answering.")
    }
  }

  /// Whether a body is a page of HTML, as proxies send it.
  private static func isPage(_ body: [UInt8]) -> Bool {
    body.first { $0 > 0x20 } == UInt8(ascii: "<")
  }

  /// Whether a path ends in the id of one record.
  private static func namesRecord(_ path: String) -> Bool {
    path.split(separator: "/").last.map { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
      ?? false
  }

  /// The error for a request without an answer.
  static func error(_ failure: TransferError, what: String, isRepeatable: Bool) -> ProviderError {
    switch failure.kind {
    case .cancelled where isRepeatable:
      return ProviderError(.buildium, .cancelled, "\(what) was stopped.")
    case .badAddress:
      return ProviderError(
        .buildium, .unreachable, "Buildium's address is not usable: \(failure.message)",
        hint: "Check RENTBOOK_BUILDIUM_URL or the connection's address.")
    case .breakerOpen:
      return ProviderError(
        .buildium, .unreachable, failure.message,
        hint: "Try again later; if it persists, look at Buildium's status page.")
    case .tooLarge where isRepeatable:
      return .unexpected("Buildium's answer to \(what) is too large: \(failure.message)")
    default:
      if failure.mayHaveLanded, !isRepeatable {
        return ProviderError(
          .buildium, .doubt, "No clear answer to \(what): \(failure.message)",
          hint: "It may have been carried out; Rentbook looks before sending it again.")
      }
      return ProviderError(
        .buildium, .unreachable, "Buildium cannot be reached for \(what): \(failure.message)",
        hint: "Check the network; the next sync goes on from here.")
    }
  }

  /// The same failure of a request that changes something: it may have been carried out.
  static func doubt(_ error: ProviderError) -> ProviderError {
    var error = error
    error.kind = .doubt
    error.hint = "It may have been carried out; Rentbook looks before sending it again."
    return error
  }

  /// The JSON of a success.
  ///
  /// - Throws: `unexpectedAnswer` for a page of HTML, a cut body or anything else.
  static func document(_ response: HTTPResponse, what: String) throws(ProviderError) -> JSONValue {
    do {
      return try JSONValue(parsing: response.body)
    } catch {
      if isPage(response.body) {
        throw .unexpected(
          "Buildium's address answered \(what) with a web page instead of data.",
          hint: "A proxy, a sign-in page or another address may be answering in Buildium's place.",
          status: response.status)
      }
      throw .unexpected(
        "Buildium's answer to \(what) cannot be read: \(error.description).",
        hint: "It may have been cut short; try again.", status: response.status)
    }
  }

  /// What Buildium says in an error body: its message, then what it says of single members.
  static func message(_ body: [UInt8]) -> String {
    guard let json = try? JSONValue(parsing: body) else { return "" }  // Not JSON says nothing.
    var parts: [String] = []
    if let text = json["UserMessage"]?.string ?? json["Message"]?.string { parts.append(text) }
    for detail in (json["Errors"]?.array ?? []).prefix(detailsMax) {
      let key = detail["Key"]?.string ?? ""
      let value = detail["Value"]?.string ?? ""
      let text = key.isEmpty || value.isEmpty ? key + value : "\(key): \(value)"
      if !text.isEmpty, !parts.contains(text) { parts.append(text) }
    }
    return plain(parts.joined(separator: " "))
  }

  /// One line without control characters, which could steer a terminal, and of bounded length.
  private static func plain(_ text: String) -> String {
    var line = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(messageCharactersMax) {
      let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
      line.append(isControl ? " " : scalar)
    }
    return String(line).split(separator: " ").joined(separator: " ")
  }

  /// The name of the permission that opens a path, as Buildium's settings show it.
  static func permission(_ path: String) -> String {
    let table: [(prefix: String, permission: String)] = [
      ("/v1/administration/accountinglockperiod", "Administration > Application Settings"),
      ("/v1/administration", "Administration > Account Information"),
      ("/v1/rentals/owners", "Rentals > Property Rental Owners"),
      ("/v1/rentals", "Rentals > Rental properties and units"),
      ("/v1/leases/tenants", "Rentals > Tenants"),
      ("/v1/leases/outstandingbalances", "Rentals > Outstanding Balances"),
      ("/v1/leases", "Rentals > Leases"),
      ("/v1/bills", "Accounting > Bills"),
      ("/v1/glaccounts", "Accounting > General Ledger Accounts"),
      ("/v1/generalledger", "Accounting > General Ledger Transactions"),
      ("/v1/bankaccounts", "Accounting > Bank Accounts"),
      ("/v1/vendors", "Maintenance > Vendors"),
      ("/v1/workorders", "Maintenance > Work Orders"),
      ("/v1/tasks", "Tasks > Tasks"),
    ]
    if path.hasPrefix("/v1/leases/"),
      ["/transactions", "/charges", "/payments", "/credits", "/refunds"].contains(where: {
        path.contains($0)
      })
    {
      return "Rentals > Lease transactions"
    }
    return table.first { path.hasPrefix($0.prefix) }?.permission ?? "for this part of Buildium"
  }
}

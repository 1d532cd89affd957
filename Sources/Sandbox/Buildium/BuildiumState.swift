import Domain

/// The simulated account: its portfolio, how the service was told to behave, and what it has to
/// announce. One lock guards it; every handler runs alone with it.
struct BuildiumState: Sendable {
  var portfolio: Portfolio
  let options: BuildiumOptions
  /// What happened since events were last taken away to be sent.
  var events: [BuildiumEvent] = []
  /// What lets the portfolio go on living, and the seconds that have passed without anything.
  var life: PortfolioGenerator
  var idleSeconds = 0
  /// What was announced to be uploaded and has not arrived, by its physical name.
  var pendingUploads: [String: PendingUpload] = [:]
  /// GL accounts stand on every line of a ledger page, so they are written once.
  private var encodedAccounts: [Int32: [UInt8]] = [:]

  init(portfolio: Portfolio, options: BuildiumOptions) {
    (self.portfolio, self.options) = (portfolio, options)
    life = PortfolioGenerator(livingAfter: portfolio.options, seed: options.seed)
    self.portfolio.lockDate = options.lockDate.map { Day($0) }
    encodeAccounts()
  }

  mutating func encodeAccounts() {
    encodedAccounts = [:]
    for account in portfolio.accounts.rows {
      encodedAccounts[account.id] = MessageWriter.object { write(account, &$0) }
    }
  }

  func encodedAccount(_ id: Int32) -> [UInt8]? { encodedAccounts[id] }

  // MARK: Answers

  func list<Row>(
    _ rows: [Row], _ call: Call, _ keys: SortKeys<Row>,
    _ write: (inout MessageWriter, Row) -> Void
  ) throws(Refusal) -> Answer {
    let page = try call.query.page(rows, by: keys)
    var writer = MessageWriter()
    writer.array(page) { writer, row in writer.object { write(&$0, row) } }
    return .page(writer.bytes, total: rows.count)
  }

  func object(_ write: (inout MessageWriter) -> Void) -> Answer {
    .object(MessageWriter.object(write))
  }

  func created(_ location: String, _ write: (inout MessageWriter) -> Void) -> Answer {
    .created(MessageWriter.object(write), location: location)
  }

  // MARK: Finding

  /// - Throws: ``Refusal`` 404 when there is no such record.
  func find<Row>(_ table: Table<Row>, _ id: Int32, _ what: String) throws(Refusal) -> Row {
    guard let row = table[id] else { throw Refusal.notFound(what) }
    return row
  }

  // MARK: Checks that more than one resource makes

  /// - Throws: ``Refusal`` 422 when the books are closed for the day.
  func requireOpen(_ day: Day?, _ key: String) throws(Refusal) {
    guard let lock = portfolio.lockDate, let day, day <= lock else { return }
    throw Refusal.unprocessable(
      key, "the accounting period is locked through \(lock.date); use a later date")
  }

  /// - Throws: ``Refusal`` 422 for an account that does not exist or is of a kind not wanted here.
  @discardableResult
  func requireAccount(
    _ id: Int32?, _ key: String, refusingControl: Bool = false, kinds: [GLAccount.Kind] = []
  ) throws(Refusal) -> GLAccount {
    guard let id, let account = portfolio.accounts[id] else {
      throw Refusal.unprocessable(key, "no such general ledger account")
    }
    if refusingControl, account.isBank || ChartOfAccounts.controlAccounts.contains(id) {
      throw Refusal.unprocessable(
        key,
        "accounts receivable, accounts payable, undeposited funds and bank accounts are"
          + " not allowed here")
    }
    if !kinds.isEmpty, !kinds.contains(account.kind) {
      let words = kinds.map { $0.rawValue.lowercased() }.joined(separator: " or ")
      throw Refusal.unprocessable(key, "must be an \(words) account")
    }
    return account
  }

  /// - Throws: ``Refusal`` 422 for an entity that does not exist.
  func requireEntity(_ value: JSONValue?, _ key: String) throws(Refusal) -> Entity {
    guard let value, let id = value.id("Id"), let type = value.text("AccountingEntityType") else {
      throw Refusal.unprocessable(key, "is required")
    }
    switch type {
    case "Company":
      guard id == Entity.company.id else {
        throw Refusal.unprocessable(key + ".Id", "no such company")
      }
      return .company
    case "Rental":
      guard portfolio.properties.contains(id) else {
        throw Refusal.unprocessable(key + ".Id", "no such rental property")
      }
      guard let unitId = value.id("UnitId") else { return .rental(id) }
      guard portfolio.units[unitId]?.propertyId == id else {
        throw Refusal.unprocessable(key + ".UnitId", "the unit is not part of the property")
      }
      return .rental(id, unit: unitId)
    default:
      throw Refusal.unprocessable(key + ".Id", "no such association")
    }
  }

  /// - Throws: ``Refusal`` 422 for an amount that is not above zero.
  func requirePositive(_ amount: Money?, _ key: String) throws(Refusal) -> Money {
    guard let amount, amount > .zero else {
      throw Refusal.unprocessable(key, "must be greater than zero")
    }
    return amount
  }

  /// - Throws: ``Refusal`` 422 for a country that is not written as the service writes it.
  func requireAddress(_ value: JSONValue?, _ key: String = "Address") throws(Refusal) -> Address? {
    guard let value else { return nil }
    guard let country = value.text("Country"), Vocabulary.isCountry(country) else {
      throw Refusal.unprocessable(key + ".Country", "must be a country's name as UnitedStates")
    }
    return Address(
      line1: value.text("AddressLine1"), line2: value.text("AddressLine2"),
      line3: value.text("AddressLine3"), city: value.text("City"), state: value.text("State"),
      postalCode: value.text("PostalCode"), country: country)
  }

  /// - Throws: ``Refusal`` 422 when the names do not fit a person or a company.
  func requireNames(_ body: JSONValue) throws(Refusal) {
    func isBlank(_ name: String) -> Bool {
      body.text(name)?.allSatisfy(\.isWhitespace) ?? true
    }
    if body.flag("IsCompany") == true {
      if isBlank("CompanyName") {
        throw Refusal.unprocessable("CompanyName", "is required for a company")
      }
    } else {
      let faults = ["FirstName", "LastName"].filter(isBlank).map {
        Refusal.Fault(key: $0, value: "is required for a person")
      }
      if !faults.isEmpty { throw Refusal.unprocessable(faults) }
    }
  }

  func phones(_ value: JSONValue?) -> [Phone] {
    let keys: [(String, Phone.Kind)] = [
      ("Home", .home), ("Work", .office), ("Mobile", .cell), ("Fax", .fax),
    ]
    return keys.compactMap { key, kind in
      guard let number = value?.text(key), !number.isEmpty else { return nil }
      return Phone(number: number, kind: kind)
    }
  }

  // MARK: Events

  mutating func announce(_ name: String, _ members: [(String, JSONValue)], at now: Instant) {
    guard options.webhook != nil else { return }
    events.append(BuildiumEvent(name: name, at: now, members: members))
  }

  mutating func announce(_ name: String, _ key: String, _ id: Int32, at now: Instant) {
    announce(name, [(key, .int(id))], at: now)
  }
}

/// Something the service tells subscribers about.
struct BuildiumEvent: Sendable {
  var name: String
  var at: Instant
  var members: [(String, JSONValue)]
}

// What statements need besides the ledger: units, bills with their vendors, bank balances.
import Domain

/// A unit as a rent roll shows it.
public struct RentalUnit: Sendable, Hashable {
  /// Buildium's number, or the store's id.
  public var id: String
  /// The property's number in the snapshot.
  public var property: Int
  /// What it is called.
  public var name: String
  /// What it could be let for; nil when nobody said.
  public var marketRent: Money?

  /// A unit.
  public init(id: String, property: Int, name: String, marketRent: Money?) {
    (self.id, self.property, self.name, self.marketRent) = (id, property, name, marketRent)
  }
}

/// Whom a bill is owed to.
public struct BillParty: Sendable, Hashable {
  /// The bill's id in the store.
  public var billID: String
  /// The vendor's name.
  public var vendor: String
  /// The vendor's own number of the bill.
  public var reference: String

  /// Whom a bill is owed to.
  public init(billID: String, vendor: String, reference: String) {
    (self.billID, self.vendor, self.reference) = (billID, vendor, reference)
  }
}

/// What Buildium says stands in a bank account.
public struct BankBalance: Sendable, Hashable {
  /// The account's name.
  public var name: String
  /// The number of its GL account in the snapshot; nil when it names none.
  public var account: Int?
  /// The balance; nil when Buildium gives none.
  public var balance: Money?

  /// A balance.
  public init(name: String, account: Int?, balance: Money?) {
    (self.name, self.account, self.balance) = (name, account, balance)
  }
}

/// The facts of one moment, read with the snapshot they belong to.
public struct StatementFacts: Sendable {
  /// The units that are let or could be.
  public var units: [RentalUnit]
  /// Whom the bills are owed to, by the bill's id in the store.
  public var parties: [String: BillParty]
  /// The bank accounts.
  public var banks: [BankBalance]
  /// Whether the bank has shown a transaction, by its id, where the register was marked.
  public var register: [String: Bool]

  /// Facts.
  public init(
    units: [RentalUnit] = [], parties: [BillParty] = [], banks: [BankBalance] = [],
    register: [String: Bool] = [:]
  ) {
    self.register = register
    self.units = units
    self.parties = Dictionary(parties.map { ($0.billID, $0) }) { first, _ in first }
    self.banks = banks
  }
}

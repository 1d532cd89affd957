import Domain

/// How big a portfolio to make, and from which seed. The same options make the same portfolio.
public struct PortfolioOptions: Sendable, Hashable {
  /// How many properties; at least 1.
  public var properties: Int
  /// How many units in all, at least one a property.
  public var units: Int
  /// How many calendar months of history, the one that holds `today` included; at least 1.
  public var months: Int
  /// Where the random numbers start.
  public var seed: UInt64
  /// About how many ledger transactions a full month has; nil for what the leases bring about.
  public var transactionsPerMonth: Int?
  /// The day the history ends.
  public var today: CalendarDate

  /// A portfolio with `units` units in all.
  ///
  /// - Precondition: `properties` and `months` are positive, `units` is not below `properties`.
  public init(
    properties: Int, units: Int, months: Int, seed: UInt64, today: CalendarDate,
    transactionsPerMonth: Int? = nil
  ) {
    precondition(properties > 0 && units >= properties && months > 0, "an empty portfolio")
    (self.properties, self.units, self.months) = (properties, units, months)
    (self.seed, self.today) = (seed, today)
    self.transactionsPerMonth = transactionsPerMonth
  }

  /// A portfolio with so many units in every property, on average.
  public init(
    properties: Int, unitsPerProperty: Int, months: Int, seed: UInt64, today: CalendarDate,
    transactionsPerMonth: Int? = nil
  ) {
    self.init(
      properties: properties, units: properties * unitsPerProperty, months: months, seed: seed,
      today: today, transactionsPerMonth: transactionsPerMonth)
  }
}

/// The records of a property manager as its service keeps them: the state behind the simulated
/// Buildium. Made by ``init(_:)`` and changed by requests and by time passing.
public struct Portfolio: Sendable {
  /// What it was made from.
  public let options: PortfolioOptions

  var accounts = ChartOfAccounts.accounts
  var banks = Table<BankAccount>(firstId: 1)
  var reconciliations = Table<Reconciliation>(firstId: 9001)
  var users = Table<StaffUser>(firstId: 301)
  var properties = Table<Property>(firstId: 1)
  var units = Table<Unit>(firstId: 10_001)
  var owners = Table<Owner>(firstId: 4001)
  var tenants = Table<Tenant>(firstId: 50_001)
  var leases = Table<Lease>(firstId: 20_001)
  var rents = Table<RentSchedule>(firstId: 30_001)
  var renewals = Table<Renewal>(firstId: 7001)
  var categories = Table<VendorCategory>(firstId: 1)
  var vendors = Table<Vendor>(firstId: 501)
  var transactions = Table<LedgerTransaction>(firstId: 100_001)
  var bills = Table<Bill>(firstId: 1)
  var billPayments = Table<BillPayment>(firstId: 1)
  var credits = Table<VendorCredit>(firstId: 1)
  var refunds = Table<RefundDetail>(firstId: 1)
  var notes = Table<Note>(firstId: 80_001)
  var taskCategories = Table<TaskCategory>(firstId: 1)
  var tasks = Table<TaskRecord>(firstId: 60_001)
  var workOrders = Table<WorkOrder>(firstId: 70_001)
  var files = Table<StoredFile>(firstId: 90_001)
  /// Numbers of things inside other records: bill lines, rent charges, history entries, co-signers.
  private var lastPartId: Int32 = 1_000_000

  var companyName = "Harbor & Pine Property Management"
  /// Nothing dated on this day or before may be written.
  var lockDate: Day?

  /// Makes the portfolio. A thousand properties with twenty thousand units and a year of ten
  /// thousand transactions a month take a few seconds.
  public init(_ options: PortfolioOptions) {
    self.options = options
    var generator = PortfolioGenerator(options)
    generator.fill(&self)
  }

  mutating func nextPartId() -> Int32 {
    lastPartId += 1
    return lastPartId
  }

  /// How many records each resource holds, by the resource's own word.
  public var counts: [(resource: String, count: Int)] {
    [
      ("properties", properties.count), ("units", units.count), ("owners", owners.count),
      ("tenants", tenants.count), ("leases", leases.count), ("vendors", vendors.count),
      ("bills", bills.count), ("glaccounts", accounts.count),
      ("transactions", transactions.count), ("tasks", tasks.count),
      ("workorders", workOrders.count),
    ]
  }
}

// Look-ups that the generator, the living portfolio and the requests share.
extension Portfolio {
  func bank(of propertyId: Int32) -> BankAccount? {
    properties[propertyId].flatMap { banks[$0.operatingBankAccountId] }
  }

  func owners(of propertyId: Int32) -> [Owner] {
    owners.rows.filter { $0.propertyIds.contains(propertyId) }
  }

  /// A transaction's effect on a bank account, and what the account held after it.
  struct BankMove {
    var transactionId: Int32
    var day: Day
    var amount: Money
    var balance: Money
  }

  /// Everything that moved a bank account, in the order of dates.
  func bankMoves(_ bank: BankAccount) -> [BankMove] {
    var moves: [BankMove] = []
    for transaction in transactions.rows {
      var sum: Int64 = 0
      var isTouched = false
      forEachEntry(of: transaction, on: .cash) { account, debit, _ in
        guard account == bank.accountId else { return }
        sum += debit
        isTouched = true
      }
      if isTouched {
        moves.append(
          BankMove(
            transactionId: transaction.id, day: transaction.day, amount: Money(minorUnits: sum),
            balance: .zero))
      }
    }
    moves.sort { ($0.day, $0.transactionId) < ($1.day, $1.transactionId) }
    var balance = Money.zero
    for index in moves.indices {
      balance += moves[index].amount
      moves[index].balance = balance
    }
    return moves
  }
}

import Domain

/// General ledger accounts, their balances, the ledger's entries and transactions.
enum LedgerRoutes {
  static let all: [Route] = [
    .get(
      "/v1/glaccounts", .accounts,
      "accounttypes:[Asset|Liability|Equity|Income|Expense] paging"
    ) { (state, call) throws(Refusal) in
      let types = call.query.words("accounttypes")
      // Sub-accounts are found inside their parents only.
      let rows = state.portfolio.accounts.rows.filter {
        $0.parentId == nil && (types?.contains($0.kind.rawValue) ?? true)
      }
      return try state.list(rows, call, accountKeys) {
        state.write($1, subs: state.subAccounts(of: $1.id), &$0)
      }
    },
    .send("POST", "/v1/glaccounts", .accounts, "AccountPost") { (state, call) throws(Refusal) in
      try state.addAccount(call)
    },
    .get("/v1/glaccounts/#", .accounts) { (state, call) throws(Refusal) in
      state.answer(
        try state.find(state.portfolio.accounts, call.id(0), "general ledger account"))
    },
    .send("PUT", "/v1/glaccounts/#", .accounts, "AccountPut") { (state, call) throws(Refusal) in
      try state.replaceAccount(call)
    },
    .get(
      "/v1/glaccounts/balances", .accounts,
      """
      entitytype:Association|Rental|RentalOwner entityid:int glaccountids:[int]
      accountingbasis!:Accrual|Cash asofdate!:date aggregatebalancesbyunitid:bool paging
      """
    ) { (state, call) throws(Refusal) in
      try state.listBalances(call)
    },
    .get(
      "/v1/generalledger", .ledger,
      """
      accountingbasis!:Accrual|Cash entitytype:Company|Rental|RentalOwner|Association
      entityid:int glaccountids!:[int] startdate!:date enddate!:date paging
      """
    ) { (state, call) throws(Refusal) in
      try state.listLedger(call)
    },
    .get(
      "/v1/generalledger/transactions", .ledger,
      """
      selectionentityid:int selectionentitytype:Rental|RentalOwner|Association startdate!:date
      enddate!:date glaccountids!:[int] selectionentityunitid:int lastupdatedfrom:time
      lastupdatedto:time paging
      """
    ) { (state, call) throws(Refusal) in
      try state.listTransactions(call)
    },
    .get("/v1/generalledger/transactions/#", .ledger) { (state, call) throws(Refusal) in
      let transaction = try state.find(
        state.portfolio.transactions, call.id(0), "general ledger transaction")
      return state.object { state.write(transaction, &$0) }
    },
    .send("POST", "/v1/generalledger/journalentries", .ledger, "Journal") {
      (state, call) throws(Refusal) in
      try state.addJournal(call)
    },
    .send("PUT", "/v1/generalledger/journalentries/#", .ledger, "Journal") {
      (state, call) throws(Refusal) in
      try state.replaceJournal(call)
    },
  ]

  static let accountKeys: SortKeys<GLAccount> = [
    "id": { .id($0.id) }, "name": { .text($0.name) }, "accountnumber": { .optional($0.number) },
    "type": { .text($0.kind.rawValue) }, "subtype": { .text($0.subType) },
  ]
}

extension BuildiumState {
  func answer(_ account: GLAccount) -> Answer {
    let subs = subAccounts(of: account.id)
    return object { write(account, subs: subs, &$0) }
  }

  // MARK: Accounts

  private func requireAccountBody(_ body: JSONValue, except id: Int32?) throws(Refusal) {
    let subType = body.text("SubType") ?? ""
    if subType == "CurrentAsset", body.flag("IsCashAsset") == nil {
      throw Refusal.unprocessable("IsCashAsset", "is required for a current asset")
    }
    if subType != "CurrentAsset", body.flag("IsCashAsset") != nil {
      throw Refusal.unprocessable("IsCashAsset", "must be left out unless a current asset")
    }
    for (key, value, known) in [
      ("Name", body.text("Name"), { (account: GLAccount) in account.name }),
      ("AccountNumber", body.text("AccountNumber"), { $0.number ?? "" }),
    ] {
      let isTaken = portfolio.accounts.rows.contains {
        $0.id != id && known($0).lowercased() == value?.lowercased()
      }
      if isTaken { throw Refusal.unprocessable(key, "is used by another account") }
    }
    if let parentId = body.id("ParentGLAccountId") {
      let parent = try requireAccount(parentId, "ParentGLAccountId")
      if parent.parentId != nil || parentId == id {
        throw Refusal.unprocessable("ParentGLAccountId", "sub-accounts are one level deep")
      }
      if parent.subType != subType {
        throw Refusal.unprocessable("ParentGLAccountId", "must have the same SubType")
      }
    }
  }

  private static func fill(_ account: inout GLAccount, _ body: JSONValue) {
    account.name = body.text("Name") ?? ""
    account.number = body.text("AccountNumber")
    account.subType = body.text("SubType") ?? ""
    account.description = body.text("Description")
    account.isContra = body.flag("IsContraAccount") ?? false
    account.cashFlow = body.text("CashFlowClassification")
    account.isCashAsset = body.flag("IsCashAsset")
    account.parentId = body.id("ParentGLAccountId")
  }

  mutating func addAccount(_ call: Call) throws(Refusal) -> Answer {
    try requireAccountBody(call.body, except: nil)
    let id = portfolio.accounts.add { id in
      var account = GLAccount(id: id, name: "", subType: "")
      Self.fill(&account, call.body)
      return account
    }
    encodeAccounts()
    announce("GLAccount.Created", "GLAccountId", id, at: call.now)
    let account = try find(portfolio.accounts, id, "general ledger account")
    return created("/v1/glaccounts/\(id)") { write(account, subs: [], &$0) }
  }

  mutating func replaceAccount(_ call: Call) throws(Refusal) -> Answer {
    let id = call.id(0)
    let account = try find(portfolio.accounts, id, "general ledger account")
    try requireAccountBody(call.body, except: id)
    if account.kind != GLAccount.kind(ofSubType: call.body.text("SubType") ?? "") {
      throw Refusal.unprocessable("SubType", "must not change the account's type")
    }
    portfolio.accounts.update(id) { Self.fill(&$0, call.body) }
    encodeAccounts()
    announce("GLAccount.Updated", "GLAccountId", id, at: call.now)
    return answer(try find(portfolio.accounts, id, "general ledger account"))
  }

  // MARK: Balances and entries

  func listBalances(_ call: Call) throws(Refusal) -> Answer {
    let query = call.query
    let day = query.day("asofdate") ?? call.today
    let basis = Basis(rawValue: query.text("accountingbasis") ?? "") ?? .cash
    let wanted = query.ids("glaccountids")
    let isIn = entityFilter(query.text("entitytype"), query.id("entityid"))
    let byUnit = query.flag("aggregatebalancesbyunitid") == true
    var sums: [Int32: [Entity: Int64]] = [:]
    for transaction in portfolio.transactions.rows where transaction.day <= day {
      portfolio.forEachEntry(of: transaction, on: basis) { account, debit, entity in
        guard wanted?.contains(account) ?? true, isIn?(entity) ?? true else { return }
        var entity = entity
        if !byUnit { entity.unitId = 0 }
        sums[account, default: [:]][entity, default: 0] += debit
      }
    }
    let rows = portfolio.accounts.rows.filter { wanted?.contains($0.id) ?? true }
    return try list(rows, call, LedgerRoutes.accountKeys) { writer, account in
      let entities = (sums[account.id] ?? [:]).sorted { left, right in
        (left.key.kind.rawValue, left.key.id, left.key.unitId)
          < (right.key.kind.rawValue, right.key.id, right.key.unitId)
      }
      let total = entities.reduce(Int64(0)) { $0 + $1.value }
      writer.put("TotalBalance", portfolio.natural(total, of: account.id))
      write(account: account.id, &writer)
      writer.array("AccountingEntityBalances", entities) { writer, entry in
        writer.object { writer in
          writer.put("Balance", portfolio.natural(entry.value, of: account.id))
          write(entry.key, withUnit: byUnit, &writer)
        }
      }
    }
  }

  private struct LedgerEntry {
    var transaction: LedgerTransaction
    var amount: Money
    var entity: Entity
  }

  private struct LedgerRow {
    var accountId: Int32
    var beginning: Money = .zero
    var entries: [LedgerEntry] = []
  }

  func listLedger(_ call: Call) throws(Refusal) -> Answer {
    let query = call.query
    guard let wanted = query.ids("glaccountids"), let start = query.day("startdate"),
      let end = query.day("enddate")
    else { throw Refusal.unprocessable("glaccountids", "is required") }
    let basis = Basis(rawValue: query.text("accountingbasis") ?? "") ?? .cash
    let isIn = entityFilter(query.text("entitytype"), query.id("entityid"))
    var rows: [Int32: LedgerRow] = [:]
    for id in wanted where portfolio.accounts.contains(id) { rows[id] = LedgerRow(accountId: id) }
    for transaction in portfolio.transactions.rows where transaction.day <= end {
      portfolio.forEachEntry(of: transaction, on: basis) { account, debit, entity in
        guard wanted.contains(account), isIn?(entity) ?? true else { return }
        let amount = portfolio.natural(debit, of: account)
        if transaction.day < start {
          rows[account]?.beginning += amount
        } else {
          rows[account]?.entries.append(
            LedgerEntry(transaction: transaction, amount: amount, entity: entity))
        }
      }
    }
    let keys: SortKeys<LedgerRow> = ["glaccountid": { .id($0.accountId) }]
    let ordered = rows.keys.sorted().compactMap { rows[$0] }
    return try list(ordered, call, keys) { writer, row in
      var balance = row.beginning
      let entries = row.entries.sorted {
        ($0.transaction.day, $0.transaction.id) < ($1.transaction.day, $1.transaction.id)
      }
      writer.put("GLAccountId", row.accountId)
      writer.put("GLAccountName", portfolio.accounts[row.accountId]?.name)
      writer.put("BeginningBalance", row.beginning)
      writer.put("TotalAmount", entries.reduce(Money.zero) { $0 + $1.amount })
      writer.array("Entries", entries) { writer, entry in
        balance += entry.amount
        let running = balance
        writer.object { writer in
          writer.put("Id", entry.transaction.id)
          writer.put("Date", entry.transaction.day)
          writer.put("Description", entry.transaction.memo)
          writer.put("Amount", entry.amount)
          writer.put("Balance", running)
          writer.put("TransactionType", entry.transaction.type.rawValue)
          write(entry.entity, &writer)
        }
      }
    }
  }

  // MARK: Transactions

  /// A transaction is found by any account it moves, its control and bank accounts included.
  private func touches(_ transaction: LedgerTransaction, _ accounts: Set<Int32>) -> Bool {
    if transaction.lines.contains(where: { accounts.contains($0.accountId) }) { return true }
    var isTouched = false
    portfolio.forEachEntry(of: transaction, on: .accrual) { account, _, _ in
      isTouched = isTouched || accounts.contains(account)
    }
    return isTouched
  }

  func listTransactions(_ call: Call) throws(Refusal) -> Answer {
    let query = call.query
    guard let accounts = query.ids("glaccountids") else {
      throw Refusal.unprocessable("glaccountids", "is required")
    }
    let isIn = entityFilter(
      query.text("selectionentitytype"), query.id("selectionentityid"))
    let unit = query.id("selectionentityunitid")
    let rows = portfolio.transactions.rows.filter { transaction in
      query.covers(transaction.day, from: "startdate", to: "enddate")
        && query.covers(transaction.updated, "lastupdated")
        && (unit == nil || transaction.unitId == unit)
        && (isIn.map { wanted in
          transaction.lines.contains { wanted($0.entity) }
            || transaction.items.contains { wanted($0.entity) }
        } ?? true)
        && touches(transaction, accounts)
    }
    return try list(rows, call, LeaseLedgerRoutes.keys) { write($1, &$0) }
  }

  private func journalLines(_ body: JSONValue) throws(Refusal) -> [Posting] {
    let entity = try requireEntity(body.child("AccountingEntity"), "AccountingEntity")
    var lines: [Posting] = []
    for (index, line) in (body.list("Lines") ?? []).enumerated() {
      let key = "Lines[\(index)]"
      let account = try requireAccount(line.id("GLAccountId"), key + ".GLAccountId")
      let amount = try requirePositive(line.money("Amount"), key + ".Amount").minorUnits
      lines.append(
        Posting(
          accountId: account.id, debit: line.text("PostingType") == "Debit" ? amount : -amount,
          isCash: false, entity: entity, memo: line.text("Memo")))
    }
    if lines.reduce(0, { $0 + $1.debit }) != 0 {
      throw Refusal.unprocessable("Lines", "the debits must equal the credits")
    }
    return lines
  }

  mutating func addJournal(_ call: Call) throws(Refusal) -> Answer {
    let day = call.body.day("Date") ?? call.today
    try requireOpen(day, "Date")
    let lines = try journalLines(call.body)
    let id = portfolio.journal(lines, on: day, memo: call.body.text("Memo"), at: call.now)
    let transaction = try find(portfolio.transactions, id, "journal entry")
    return created("/v1/generalledger/transactions/\(id)") { write(transaction, &$0) }
  }

  mutating func replaceJournal(_ call: Call) throws(Refusal) -> Answer {
    let entry = try find(portfolio.transactions, call.id(0), "journal entry")
    guard entry.type == .generalJournalEntry else { throw Refusal.notFound("journal entry") }
    let day = call.body.day("Date") ?? entry.day
    try requireOpen(entry.day, "Date")
    try requireOpen(day, "Date")
    let lines = try journalLines(call.body)
    portfolio.transactions.update(entry.id) {
      ($0.day, $0.memo, $0.lines) = (day, call.body.text("Memo"), lines)
      $0.total = Money(minorUnits: lines.reduce(Int64(0)) { $0 + max(0, $1.debit) })
      $0.updated = call.now
    }
    let changed = try find(portfolio.transactions, entry.id, "journal entry")
    return object { write(changed, &$0) }
  }
}

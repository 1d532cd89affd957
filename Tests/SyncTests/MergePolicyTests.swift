import Domain
import Storage
import Testing

@testable import Sync

@Suite("Who decides") struct MergePolicyTests {
  private func rule(
    _ resource: Resource, _ field: String?, _ policy: RulePolicy, isActive: Bool = true
  ) -> SyncRule {
    SyncRule(
      resource: resource, field: field, policy: policy, isActive: isActive, setBy: "ada",
      setAt: Instant(milliseconds: 1))
  }

  private func merging(
    _ resource: Resource, _ rules: SyncRule...
  ) -> MergePolicy {
    PolicyTable(rules: rules).mergePolicy(
      of: resource, changeable: Set(MirrorSchema.fields(of: resource).map(\.name)))
  }

  @Test("money that was moved and contracts flow from Buildium, people's data both ways")
  func defaults() {
    for resource in [Resource.transactions, .leases, .glAccounts, .rentPayments] {
      for field in MirrorSchema.fields(of: resource) {
        #expect(merging(resource).rules(of: field.name).direction == .leftToRight)
      }
    }
    #expect(merging(.bills).rules(of: "amount").direction == .leftToRight)
    #expect(merging(.bills).rules(of: "memo") == MergePolicy.Field(conflict: .manual))
    #expect(merging(.owners).rules(of: "phone") == MergePolicy.Field(conflict: .newest))
    #expect(merging(.units).rules(of: "market_rent") == MergePolicy.Field(conflict: .manual))
    #expect(merging(.owners).deletedAndEdited == .manual)
    #expect(merging(.owners).onDelete == Sides(left: .propagate, right: .restore))
  }

  @Test("a field that cannot be changed at Buildium flows from there only")
  func unchangeable() {
    let policy = PolicyTable().mergePolicy(of: .owners, changeable: ["email"])
    #expect(policy.rules(of: "email").direction == .both)
    #expect(policy.rules(of: "name").direction == .leftToRight)
  }

  @Test("a rule for a resource leaves money, dates of payment and deletions alone")
  func protected() {
    #expect(
      merging(.units, rule(.units, nil, .airtable)).rules(of: "market_rent").conflict == .manual)
    #expect(
      merging(.units, rule(.units, nil, .airtable)).rules(of: "description").conflict == .rightWins)
    #expect(
      merging(.units, rule(.units, "market_rent", .airtable)).rules(of: "market_rent").conflict
        == .rightWins)
    let payments = PolicyTable(rules: [rule(.rentPayments, nil, .airtable)])
    #expect(payments.policy(.rentPayments, "date") == .buildium)
    #expect(payments.policy(.rentPayments, "tenant") == .airtable)
    #expect(merging(.owners, rule(.owners, nil, .airtable)).deletedAndEdited == .manual)
    let named = merging(.owners, rule(.owners, PolicyTable.deletion, .airtable))
    #expect(named.deletedAndEdited == .editWins && named.onDelete.right == .propagate)
  }

  @Test("a rule that is switched off does not decide")
  func switchedOff() {
    #expect(
      merging(.owners, rule(.owners, "phone", .buildium, isActive: false)).rules(of: "phone")
        .conflict
        == .newest)
    #expect(
      merging(.owners, rule(.owners, "phone", .buildium)).rules(of: "phone").conflict == .leftWins)
  }

  @Test(
    "rules are kept, switched off, and every change of them stands in a journal whose seals hold")
  func kept() throws {
    let world = try World()
    for policy in [RulePolicy.buildium, .airtable] {
      try world.store.writeSync { records throws(StorageError) in
        try records.set(rule(.owners, "phone", policy))
      }
    }
    try world.store.writeSync { records throws(StorageError) in
      try records.set(rule(.owners, "phone", .airtable, isActive: false))
    }
    let (rules, journal, broken) = try world.store.readSync { state throws(StorageError) in
      (try state.rules(), try state.journal(limit: 10), try state.firstBrokenSeal())
    }
    #expect(rules == [rule(.owners, "phone", .airtable, isActive: false)])
    #expect(journal.map(\.new) == ["airtable (off)", "airtable", "buildium"])
    #expect(journal.map(\.old) == ["airtable", "buildium", nil])
    #expect(journal.allSatisfy { $0.kind == .rule && $0.actor == "ada" })
    #expect(broken == nil)
  }
}

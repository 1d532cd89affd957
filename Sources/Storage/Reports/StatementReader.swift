import Domain
import Reports

extension Store {
  /// What statements need besides a ledger that was read before: units, whom bills are owed to,
  /// what banks have and have shown.
  public func statementFacts(_ ledger: LedgerSnapshot) throws(StorageError) -> StatementFacts {
    let properties = Dictionary(
      ledger.properties.enumerated().map { ($1.localID, $0) }
    ) { first, _ in first }
    let accounts = Dictionary(
      ledger.accounts.enumerated().map { ($1.localID, $0) }
    ) { first, _ in first }
    return try read { connection throws(StorageError) in
      let units = try connection.rows(
        """
        SELECT id, buildium_unit_id, property_id, COALESCE(unit_number, ''), market_rent
        FROM units WHERE deleted_at IS NULL AND COALESCE(is_active, 1) = 1 ORDER BY id
        """
      ) { row throws(StorageError) -> RentalUnit? in
        guard let property = properties[row.text(2)] else { return nil }
        return RentalUnit(
          id: row.optionalInt(1).map(String.init) ?? row.text(0), property: property,
          name: row.text(3), marketRent: row.isNull(4) ? nil : row.money(4))
      }
      let parties = try connection.rows(
        """
        SELECT b.id, COALESCE(v.name, ''), COALESCE(b.reference_number, '')
        FROM bills b LEFT JOIN vendors v ON v.id = b.vendor_id ORDER BY b.id
        """
      ) { row throws(StorageError) in
        BillParty(billID: row.text(0), vendor: row.text(1), reference: row.text(2))
      }
      let banks = try connection.rows(
        """
        SELECT COALESCE(name, ''), gl_account, buildium_balance FROM bank_accounts
        WHERE deleted_at IS NULL ORDER BY id
        """
      ) { row throws(StorageError) in
        BankBalance(
          name: row.text(0), account: row.optionalText(1).flatMap { accounts[$0] },
          balance: row.isNull(2) ? nil : row.money(2))
      }
      let register = try connection.rows(
        """
        SELECT t.buildium_transaction_id, t.id, b.status <> 'uncleared'
        FROM bank_register_state b JOIN transactions t ON t.id = b.transaction_id
        """
      ) { row throws(StorageError) in
        (row.optionalInt(0).map(String.init) ?? row.localID(1), row.bool(2))
      }
      return StatementFacts(
        units: units.compactMap(\.self), parties: parties, banks: banks,
        register: Dictionary(register) { first, _ in first })
    }
  }
}

// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

// newRecord gives an empty metadata record of the type, nil when there is none.
func newRecord(apiKey int16) Record {
	switch apiKey {
	case 25:
		r := NewAbortTransactionRecord()
		return &r
	case 18:
		r := NewAccessControlEntryRecord()
		return &r
	case 23:
		r := NewBeginTransactionRecord()
		return &r
	case 17:
		r := NewBrokerRegistrationChangeRecord()
		return &r
	case 28:
		r := NewClearElrRecord()
		return &r
	case 14:
		r := NewClientQuotaRecord()
		return &r
	case 4:
		r := NewConfigRecord()
		return &r
	case 10:
		r := NewDelegationTokenRecord()
		return &r
	case 24:
		r := NewEndTransactionRecord()
		return &r
	case 12:
		r := NewFeatureLevelRecord()
		return &r
	case 7:
		r := NewFenceBrokerRecord()
		return &r
	case 20:
		r := NewNoOpRecord()
		return &r
	case 5:
		r := NewPartitionChangeRecord()
		return &r
	case 3:
		r := NewPartitionRecord()
		return &r
	case 15:
		r := NewProducerIdsRecord()
		return &r
	case 0:
		r := NewRegisterBrokerRecord()
		return &r
	case 27:
		r := NewRegisterControllerRecord()
		return &r
	case 19:
		r := NewRemoveAccessControlEntryRecord()
		return &r
	case 26:
		r := NewRemoveDelegationTokenRecord()
		return &r
	case 9:
		r := NewRemoveTopicRecord()
		return &r
	case 22:
		r := NewRemoveUserScramCredentialRecord()
		return &r
	case 2:
		r := NewTopicRecord()
		return &r
	case 8:
		r := NewUnfenceBrokerRecord()
		return &r
	case 1:
		r := NewUnregisterBrokerRecord()
		return &r
	case 11:
		r := NewUserScramCredentialRecord()
		return &r
	case 21:
		r := NewZkMigrationStateRecord()
		return &r
	}
	return nil
}

// Code generated from Kafka 4.3.1's message definitions. DO NOT EDIT.

package kafka

// shapeOf gives the shape of a request, nil for a key that Kafka does not know.
func shapeOf(key int16) *shape {
	switch key {
	case 0:
		return &shapeProduceRequest
	case 1:
		return &shapeFetchRequest
	case 2:
		return &shapeListOffsetsRequest
	case 3:
		return &shapeMetadataRequest
	case 8:
		return &shapeOffsetCommitRequest
	case 9:
		return &shapeOffsetFetchRequest
	case 10:
		return &shapeFindCoordinatorRequest
	case 11:
		return &shapeJoinGroupRequest
	case 12:
		return &shapeHeartbeatRequest
	case 13:
		return &shapeLeaveGroupRequest
	case 14:
		return &shapeSyncGroupRequest
	case 15:
		return &shapeDescribeGroupsRequest
	case 16:
		return &shapeListGroupsRequest
	case 17:
		return &shapeSaslHandshakeRequest
	case 18:
		return &shapeApiVersionsRequest
	case 19:
		return &shapeCreateTopicsRequest
	case 20:
		return &shapeDeleteTopicsRequest
	case 21:
		return &shapeDeleteRecordsRequest
	case 22:
		return &shapeInitProducerIdRequest
	case 23:
		return &shapeOffsetForLeaderEpochRequest
	case 24:
		return &shapeAddPartitionsToTxnRequest
	case 25:
		return &shapeAddOffsetsToTxnRequest
	case 26:
		return &shapeEndTxnRequest
	case 27:
		return &shapeWriteTxnMarkersRequest
	case 28:
		return &shapeTxnOffsetCommitRequest
	case 29:
		return &shapeDescribeAclsRequest
	case 30:
		return &shapeCreateAclsRequest
	case 31:
		return &shapeDeleteAclsRequest
	case 32:
		return &shapeDescribeConfigsRequest
	case 33:
		return &shapeAlterConfigsRequest
	case 34:
		return &shapeAlterReplicaLogDirsRequest
	case 35:
		return &shapeDescribeLogDirsRequest
	case 36:
		return &shapeSaslAuthenticateRequest
	case 37:
		return &shapeCreatePartitionsRequest
	case 38:
		return &shapeCreateDelegationTokenRequest
	case 39:
		return &shapeRenewDelegationTokenRequest
	case 40:
		return &shapeExpireDelegationTokenRequest
	case 41:
		return &shapeDescribeDelegationTokenRequest
	case 42:
		return &shapeDeleteGroupsRequest
	case 43:
		return &shapeElectLeadersRequest
	case 44:
		return &shapeIncrementalAlterConfigsRequest
	case 45:
		return &shapeAlterPartitionReassignmentsRequest
	case 46:
		return &shapeListPartitionReassignmentsRequest
	case 47:
		return &shapeOffsetDeleteRequest
	case 48:
		return &shapeDescribeClientQuotasRequest
	case 49:
		return &shapeAlterClientQuotasRequest
	case 50:
		return &shapeDescribeUserScramCredentialsRequest
	case 51:
		return &shapeAlterUserScramCredentialsRequest
	case 52:
		return &shapeVoteRequest
	case 53:
		return &shapeBeginQuorumEpochRequest
	case 54:
		return &shapeEndQuorumEpochRequest
	case 55:
		return &shapeDescribeQuorumRequest
	case 56:
		return &shapeAlterPartitionRequest
	case 57:
		return &shapeUpdateFeaturesRequest
	case 58:
		return &shapeEnvelopeRequest
	case 59:
		return &shapeFetchSnapshotRequest
	case 60:
		return &shapeDescribeClusterRequest
	case 61:
		return &shapeDescribeProducersRequest
	case 62:
		return &shapeBrokerRegistrationRequest
	case 63:
		return &shapeBrokerHeartbeatRequest
	case 64:
		return &shapeUnregisterBrokerRequest
	case 65:
		return &shapeDescribeTransactionsRequest
	case 66:
		return &shapeListTransactionsRequest
	case 67:
		return &shapeAllocateProducerIdsRequest
	case 68:
		return &shapeConsumerGroupHeartbeatRequest
	case 69:
		return &shapeConsumerGroupDescribeRequest
	case 70:
		return &shapeControllerRegistrationRequest
	case 71:
		return &shapeGetTelemetrySubscriptionsRequest
	case 72:
		return &shapePushTelemetryRequest
	case 73:
		return &shapeAssignReplicasToDirsRequest
	case 74:
		return &shapeListConfigResourcesRequest
	case 75:
		return &shapeDescribeTopicPartitionsRequest
	case 76:
		return &shapeShareGroupHeartbeatRequest
	case 77:
		return &shapeShareGroupDescribeRequest
	case 78:
		return &shapeShareFetchRequest
	case 79:
		return &shapeShareAcknowledgeRequest
	case 80:
		return &shapeAddRaftVoterRequest
	case 81:
		return &shapeRemoveRaftVoterRequest
	case 82:
		return &shapeUpdateRaftVoterRequest
	case 83:
		return &shapeInitializeShareGroupStateRequest
	case 84:
		return &shapeReadShareGroupStateRequest
	case 85:
		return &shapeWriteShareGroupStateRequest
	case 86:
		return &shapeDeleteShareGroupStateRequest
	case 87:
		return &shapeReadShareGroupStateSummaryRequest
	case 88:
		return &shapeStreamsGroupHeartbeatRequest
	case 89:
		return &shapeStreamsGroupDescribeRequest
	case 90:
		return &shapeDescribeShareGroupOffsetsRequest
	case 91:
		return &shapeAlterShareGroupOffsetsRequest
	case 92:
		return &shapeDeleteShareGroupOffsetsRequest
	}
	return nil
}

var shapeProduceRequest = shape{
	versions: shapeVersions{3, 13},
	flexible: shapeVersions{9, 32767},
	fields: []shapeField{
		{versions: shapeVersions{3, 13}, nullable: shapeVersions{3, 32767}, kind: shapeString},
		{versions: shapeVersions{3, 13}, kind: shapeFixed, size: 2},
		{versions: shapeVersions{3, 13}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{3, 13}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{3, 12}, kind: shapeString},
			{versions: shapeVersions{13, 13}, kind: shapeFixed, size: 16},
			{versions: shapeVersions{3, 13}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{3, 13}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{3, 13}, nullable: shapeVersions{0, 32767}, kind: shapeBytes},
			}},
		}},
	},
}

var shapeFetchRequest = shape{
	versions: shapeVersions{4, 18},
	flexible: shapeVersions{12, 32767},
	fields: []shapeField{
		{versions: shapeVersions{12, 18}, tagged: true, tag: 0, nullable: shapeVersions{12, 32767}, kind: shapeString},
		{versions: shapeVersions{4, 14}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{15, 18}, tagged: true, tag: 1, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{15, 18}, kind: shapeFixed, size: 4},
			{versions: shapeVersions{15, 18}, kind: shapeFixed, size: 8},
		}},
		{versions: shapeVersions{4, 18}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{4, 18}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{4, 18}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{4, 18}, kind: shapeFixed, size: 1},
		{versions: shapeVersions{7, 18}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{7, 18}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{4, 18}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{4, 12}, kind: shapeString},
			{versions: shapeVersions{13, 18}, kind: shapeFixed, size: 16},
			{versions: shapeVersions{4, 18}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{4, 18}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{9, 18}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{4, 18}, kind: shapeFixed, size: 8},
				{versions: shapeVersions{12, 18}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{5, 18}, kind: shapeFixed, size: 8},
				{versions: shapeVersions{4, 18}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{17, 18}, tagged: true, tag: 0, kind: shapeFixed, size: 16},
				{versions: shapeVersions{18, 18}, tagged: true, tag: 1, kind: shapeFixed, size: 8},
			}},
		}},
		{versions: shapeVersions{7, 18}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{7, 12}, kind: shapeString},
			{versions: shapeVersions{13, 18}, kind: shapeFixed, size: 16},
			{versions: shapeVersions{7, 18}, array: true, kind: shapeFixed, size: 4},
		}},
		{versions: shapeVersions{11, 18}, kind: shapeString},
	},
}

var shapeListOffsetsRequest = shape{
	versions: shapeVersions{1, 11},
	flexible: shapeVersions{6, 32767},
	fields: []shapeField{
		{versions: shapeVersions{1, 11}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{2, 11}, kind: shapeFixed, size: 1},
		{versions: shapeVersions{1, 11}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{1, 11}, kind: shapeString},
			{versions: shapeVersions{1, 11}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{1, 11}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{4, 11}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{1, 11}, kind: shapeFixed, size: 8},
			}},
		}},
		{versions: shapeVersions{10, 11}, kind: shapeFixed, size: 4},
	},
}

var shapeMetadataRequest = shape{
	versions: shapeVersions{0, 13},
	flexible: shapeVersions{9, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 13}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{10, 13}, kind: shapeFixed, size: 16},
			{versions: shapeVersions{0, 13}, nullable: shapeVersions{10, 32767}, kind: shapeString},
		}},
		{versions: shapeVersions{4, 13}, kind: shapeFixed, size: 1},
		{versions: shapeVersions{8, 10}, kind: shapeFixed, size: 1},
		{versions: shapeVersions{8, 13}, kind: shapeFixed, size: 1},
	},
}

var shapeOffsetCommitRequest = shape{
	versions: shapeVersions{2, 10},
	flexible: shapeVersions{8, 32767},
	fields: []shapeField{
		{versions: shapeVersions{2, 10}, kind: shapeString},
		{versions: shapeVersions{2, 10}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{2, 10}, kind: shapeString},
		{versions: shapeVersions{7, 10}, nullable: shapeVersions{7, 32767}, kind: shapeString},
		{versions: shapeVersions{2, 4}, kind: shapeFixed, size: 8},
		{versions: shapeVersions{2, 10}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{2, 9}, kind: shapeString},
			{versions: shapeVersions{10, 10}, kind: shapeFixed, size: 16},
			{versions: shapeVersions{2, 10}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{2, 10}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{2, 10}, kind: shapeFixed, size: 8},
				{versions: shapeVersions{6, 10}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{2, 10}, nullable: shapeVersions{0, 32767}, kind: shapeString},
			}},
		}},
	},
}

var shapeOffsetFetchRequest = shape{
	versions: shapeVersions{1, 10},
	flexible: shapeVersions{6, 32767},
	fields: []shapeField{
		{versions: shapeVersions{1, 7}, kind: shapeString},
		{versions: shapeVersions{1, 7}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{1, 7}, kind: shapeString},
			{versions: shapeVersions{1, 7}, array: true, kind: shapeFixed, size: 4},
		}},
		{versions: shapeVersions{8, 10}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{8, 10}, kind: shapeString},
			{versions: shapeVersions{9, 10}, nullable: shapeVersions{9, 32767}, kind: shapeString},
			{versions: shapeVersions{9, 10}, kind: shapeFixed, size: 4},
			{versions: shapeVersions{8, 10}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{8, 9}, kind: shapeString},
				{versions: shapeVersions{10, 10}, kind: shapeFixed, size: 16},
				{versions: shapeVersions{8, 10}, array: true, kind: shapeFixed, size: 4},
			}},
		}},
		{versions: shapeVersions{7, 10}, kind: shapeFixed, size: 1},
	},
}

var shapeFindCoordinatorRequest = shape{
	versions: shapeVersions{0, 6},
	flexible: shapeVersions{3, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 3}, kind: shapeString},
		{versions: shapeVersions{1, 6}, kind: shapeFixed, size: 1},
		{versions: shapeVersions{4, 6}, array: true, kind: shapeString},
	},
}

var shapeJoinGroupRequest = shape{
	versions: shapeVersions{0, 9},
	flexible: shapeVersions{6, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 9}, kind: shapeString},
		{versions: shapeVersions{0, 9}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{1, 9}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{0, 9}, kind: shapeString},
		{versions: shapeVersions{5, 9}, nullable: shapeVersions{5, 32767}, kind: shapeString},
		{versions: shapeVersions{0, 9}, kind: shapeString},
		{versions: shapeVersions{0, 9}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 9}, kind: shapeString},
			{versions: shapeVersions{0, 9}, kind: shapeBytes},
		}},
		{versions: shapeVersions{8, 9}, nullable: shapeVersions{8, 32767}, kind: shapeString},
	},
}

var shapeHeartbeatRequest = shape{
	versions: shapeVersions{0, 4},
	flexible: shapeVersions{4, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 4}, kind: shapeString},
		{versions: shapeVersions{0, 4}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{0, 4}, kind: shapeString},
		{versions: shapeVersions{3, 4}, nullable: shapeVersions{3, 32767}, kind: shapeString},
	},
}

var shapeLeaveGroupRequest = shape{
	versions: shapeVersions{0, 5},
	flexible: shapeVersions{4, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 5}, kind: shapeString},
		{versions: shapeVersions{0, 2}, kind: shapeString},
		{versions: shapeVersions{3, 5}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{3, 5}, kind: shapeString},
			{versions: shapeVersions{3, 5}, nullable: shapeVersions{3, 32767}, kind: shapeString},
			{versions: shapeVersions{5, 5}, nullable: shapeVersions{5, 32767}, kind: shapeString},
		}},
	},
}

var shapeSyncGroupRequest = shape{
	versions: shapeVersions{0, 5},
	flexible: shapeVersions{4, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 5}, kind: shapeString},
		{versions: shapeVersions{0, 5}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{0, 5}, kind: shapeString},
		{versions: shapeVersions{3, 5}, nullable: shapeVersions{3, 32767}, kind: shapeString},
		{versions: shapeVersions{5, 5}, nullable: shapeVersions{5, 32767}, kind: shapeString},
		{versions: shapeVersions{5, 5}, nullable: shapeVersions{5, 32767}, kind: shapeString},
		{versions: shapeVersions{0, 5}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 5}, kind: shapeString},
			{versions: shapeVersions{0, 5}, kind: shapeBytes},
		}},
	},
}

var shapeDescribeGroupsRequest = shape{
	versions: shapeVersions{0, 6},
	flexible: shapeVersions{5, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 6}, array: true, kind: shapeString},
		{versions: shapeVersions{3, 6}, kind: shapeFixed, size: 1},
	},
}

var shapeListGroupsRequest = shape{
	versions: shapeVersions{0, 5},
	flexible: shapeVersions{3, 32767},
	fields: []shapeField{
		{versions: shapeVersions{4, 5}, array: true, kind: shapeString},
		{versions: shapeVersions{5, 5}, array: true, kind: shapeString},
	},
}

var shapeSaslHandshakeRequest = shape{
	versions: shapeVersions{0, 1},
	flexible: shapeVersions{1, 0},
	fields: []shapeField{
		{versions: shapeVersions{0, 1}, kind: shapeString},
	},
}

var shapeApiVersionsRequest = shape{
	versions: shapeVersions{0, 4},
	flexible: shapeVersions{3, 32767},
	fields: []shapeField{
		{versions: shapeVersions{3, 4}, kind: shapeString},
		{versions: shapeVersions{3, 4}, kind: shapeString},
	},
}

var shapeCreateTopicsRequest = shape{
	versions: shapeVersions{2, 7},
	flexible: shapeVersions{5, 32767},
	fields: []shapeField{
		{versions: shapeVersions{2, 7}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{2, 7}, kind: shapeString},
			{versions: shapeVersions{2, 7}, kind: shapeFixed, size: 4},
			{versions: shapeVersions{2, 7}, kind: shapeFixed, size: 2},
			{versions: shapeVersions{2, 7}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{2, 7}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{2, 7}, array: true, kind: shapeFixed, size: 4},
			}},
			{versions: shapeVersions{2, 7}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{2, 7}, kind: shapeString},
				{versions: shapeVersions{2, 7}, nullable: shapeVersions{0, 32767}, kind: shapeString},
			}},
		}},
		{versions: shapeVersions{2, 7}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{2, 7}, kind: shapeFixed, size: 1},
	},
}

var shapeDeleteTopicsRequest = shape{
	versions: shapeVersions{1, 6},
	flexible: shapeVersions{4, 32767},
	fields: []shapeField{
		{versions: shapeVersions{6, 6}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{6, 6}, nullable: shapeVersions{6, 32767}, kind: shapeString},
			{versions: shapeVersions{6, 6}, kind: shapeFixed, size: 16},
		}},
		{versions: shapeVersions{1, 5}, array: true, kind: shapeString},
		{versions: shapeVersions{1, 6}, kind: shapeFixed, size: 4},
	},
}

var shapeDeleteRecordsRequest = shape{
	versions: shapeVersions{0, 2},
	flexible: shapeVersions{2, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 2}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 2}, kind: shapeString},
			{versions: shapeVersions{0, 2}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{0, 2}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{0, 2}, kind: shapeFixed, size: 8},
			}},
		}},
		{versions: shapeVersions{0, 2}, kind: shapeFixed, size: 4},
	},
}

var shapeInitProducerIdRequest = shape{
	versions: shapeVersions{0, 6},
	flexible: shapeVersions{2, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 6}, nullable: shapeVersions{0, 32767}, kind: shapeString},
		{versions: shapeVersions{0, 6}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{3, 6}, kind: shapeFixed, size: 8},
		{versions: shapeVersions{3, 6}, kind: shapeFixed, size: 2},
		{versions: shapeVersions{6, 6}, kind: shapeFixed, size: 1},
		{versions: shapeVersions{6, 6}, kind: shapeFixed, size: 1},
	},
}

var shapeOffsetForLeaderEpochRequest = shape{
	versions: shapeVersions{2, 4},
	flexible: shapeVersions{4, 32767},
	fields: []shapeField{
		{versions: shapeVersions{3, 4}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{2, 4}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{2, 4}, kind: shapeString},
			{versions: shapeVersions{2, 4}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{2, 4}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{2, 4}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{2, 4}, kind: shapeFixed, size: 4},
			}},
		}},
	},
}

var shapeAddPartitionsToTxnRequest = shape{
	versions: shapeVersions{0, 5},
	flexible: shapeVersions{3, 32767},
	fields: []shapeField{
		{versions: shapeVersions{4, 5}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{4, 5}, kind: shapeString},
			{versions: shapeVersions{4, 5}, kind: shapeFixed, size: 8},
			{versions: shapeVersions{4, 5}, kind: shapeFixed, size: 2},
			{versions: shapeVersions{4, 5}, kind: shapeFixed, size: 1},
			{versions: shapeVersions{4, 5}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{4, 5}, kind: shapeString},
				{versions: shapeVersions{4, 5}, array: true, kind: shapeFixed, size: 4},
			}},
		}},
		{versions: shapeVersions{0, 3}, kind: shapeString},
		{versions: shapeVersions{0, 3}, kind: shapeFixed, size: 8},
		{versions: shapeVersions{0, 3}, kind: shapeFixed, size: 2},
		{versions: shapeVersions{0, 3}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 3}, kind: shapeString},
			{versions: shapeVersions{0, 3}, array: true, kind: shapeFixed, size: 4},
		}},
	},
}

var shapeAddOffsetsToTxnRequest = shape{
	versions: shapeVersions{0, 4},
	flexible: shapeVersions{3, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 4}, kind: shapeString},
		{versions: shapeVersions{0, 4}, kind: shapeFixed, size: 8},
		{versions: shapeVersions{0, 4}, kind: shapeFixed, size: 2},
		{versions: shapeVersions{0, 4}, kind: shapeString},
	},
}

var shapeEndTxnRequest = shape{
	versions: shapeVersions{0, 5},
	flexible: shapeVersions{3, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 5}, kind: shapeString},
		{versions: shapeVersions{0, 5}, kind: shapeFixed, size: 8},
		{versions: shapeVersions{0, 5}, kind: shapeFixed, size: 2},
		{versions: shapeVersions{0, 5}, kind: shapeFixed, size: 1},
	},
}

var shapeWriteTxnMarkersRequest = shape{
	versions: shapeVersions{1, 2},
	flexible: shapeVersions{1, 32767},
	fields: []shapeField{
		{versions: shapeVersions{1, 2}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 8},
			{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 2},
			{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 1},
			{versions: shapeVersions{1, 2}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{1, 2}, kind: shapeString},
				{versions: shapeVersions{1, 2}, array: true, kind: shapeFixed, size: 4},
			}},
			{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 4},
			{versions: shapeVersions{2, 2}, kind: shapeFixed, size: 1},
		}},
	},
}

var shapeTxnOffsetCommitRequest = shape{
	versions: shapeVersions{0, 5},
	flexible: shapeVersions{3, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 5}, kind: shapeString},
		{versions: shapeVersions{0, 5}, kind: shapeString},
		{versions: shapeVersions{0, 5}, kind: shapeFixed, size: 8},
		{versions: shapeVersions{0, 5}, kind: shapeFixed, size: 2},
		{versions: shapeVersions{3, 5}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{3, 5}, kind: shapeString},
		{versions: shapeVersions{3, 5}, nullable: shapeVersions{3, 32767}, kind: shapeString},
		{versions: shapeVersions{0, 5}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 5}, kind: shapeString},
			{versions: shapeVersions{0, 5}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{0, 5}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{0, 5}, kind: shapeFixed, size: 8},
				{versions: shapeVersions{2, 5}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{0, 5}, nullable: shapeVersions{0, 32767}, kind: shapeString},
			}},
		}},
	},
}

var shapeDescribeAclsRequest = shape{
	versions: shapeVersions{1, 3},
	flexible: shapeVersions{2, 32767},
	fields: []shapeField{
		{versions: shapeVersions{1, 3}, kind: shapeFixed, size: 1},
		{versions: shapeVersions{1, 3}, nullable: shapeVersions{0, 32767}, kind: shapeString},
		{versions: shapeVersions{1, 3}, kind: shapeFixed, size: 1},
		{versions: shapeVersions{1, 3}, nullable: shapeVersions{0, 32767}, kind: shapeString},
		{versions: shapeVersions{1, 3}, nullable: shapeVersions{0, 32767}, kind: shapeString},
		{versions: shapeVersions{1, 3}, kind: shapeFixed, size: 1},
		{versions: shapeVersions{1, 3}, kind: shapeFixed, size: 1},
	},
}

var shapeCreateAclsRequest = shape{
	versions: shapeVersions{1, 3},
	flexible: shapeVersions{2, 32767},
	fields: []shapeField{
		{versions: shapeVersions{1, 3}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{1, 3}, kind: shapeFixed, size: 1},
			{versions: shapeVersions{1, 3}, kind: shapeString},
			{versions: shapeVersions{1, 3}, kind: shapeFixed, size: 1},
			{versions: shapeVersions{1, 3}, kind: shapeString},
			{versions: shapeVersions{1, 3}, kind: shapeString},
			{versions: shapeVersions{1, 3}, kind: shapeFixed, size: 1},
			{versions: shapeVersions{1, 3}, kind: shapeFixed, size: 1},
		}},
	},
}

var shapeDeleteAclsRequest = shape{
	versions: shapeVersions{1, 3},
	flexible: shapeVersions{2, 32767},
	fields: []shapeField{
		{versions: shapeVersions{1, 3}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{1, 3}, kind: shapeFixed, size: 1},
			{versions: shapeVersions{1, 3}, nullable: shapeVersions{0, 32767}, kind: shapeString},
			{versions: shapeVersions{1, 3}, kind: shapeFixed, size: 1},
			{versions: shapeVersions{1, 3}, nullable: shapeVersions{0, 32767}, kind: shapeString},
			{versions: shapeVersions{1, 3}, nullable: shapeVersions{0, 32767}, kind: shapeString},
			{versions: shapeVersions{1, 3}, kind: shapeFixed, size: 1},
			{versions: shapeVersions{1, 3}, kind: shapeFixed, size: 1},
		}},
	},
}

var shapeDescribeConfigsRequest = shape{
	versions: shapeVersions{1, 4},
	flexible: shapeVersions{4, 32767},
	fields: []shapeField{
		{versions: shapeVersions{1, 4}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{1, 4}, kind: shapeFixed, size: 1},
			{versions: shapeVersions{1, 4}, kind: shapeString},
			{versions: shapeVersions{1, 4}, array: true, kind: shapeString},
		}},
		{versions: shapeVersions{1, 4}, kind: shapeFixed, size: 1},
		{versions: shapeVersions{3, 4}, kind: shapeFixed, size: 1},
	},
}

var shapeAlterConfigsRequest = shape{
	versions: shapeVersions{0, 2},
	flexible: shapeVersions{2, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 2}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 2}, kind: shapeFixed, size: 1},
			{versions: shapeVersions{0, 2}, kind: shapeString},
			{versions: shapeVersions{0, 2}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{0, 2}, kind: shapeString},
				{versions: shapeVersions{0, 2}, nullable: shapeVersions{0, 32767}, kind: shapeString},
			}},
		}},
		{versions: shapeVersions{0, 2}, kind: shapeFixed, size: 1},
	},
}

var shapeAlterReplicaLogDirsRequest = shape{
	versions: shapeVersions{1, 2},
	flexible: shapeVersions{2, 32767},
	fields: []shapeField{
		{versions: shapeVersions{1, 2}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{1, 2}, kind: shapeString},
			{versions: shapeVersions{1, 2}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{1, 2}, kind: shapeString},
				{versions: shapeVersions{1, 2}, array: true, kind: shapeFixed, size: 4},
			}},
		}},
	},
}

var shapeDescribeLogDirsRequest = shape{
	versions: shapeVersions{1, 5},
	flexible: shapeVersions{2, 32767},
	fields: []shapeField{
		{versions: shapeVersions{1, 5}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{1, 5}, kind: shapeString},
			{versions: shapeVersions{1, 5}, array: true, kind: shapeFixed, size: 4},
		}},
	},
}

var shapeSaslAuthenticateRequest = shape{
	versions: shapeVersions{0, 2},
	flexible: shapeVersions{2, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 2}, kind: shapeBytes},
	},
}

var shapeCreatePartitionsRequest = shape{
	versions: shapeVersions{0, 3},
	flexible: shapeVersions{2, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 3}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 3}, kind: shapeString},
			{versions: shapeVersions{0, 3}, kind: shapeFixed, size: 4},
			{versions: shapeVersions{0, 3}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{0, 3}, array: true, kind: shapeFixed, size: 4},
			}},
		}},
		{versions: shapeVersions{0, 3}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{0, 3}, kind: shapeFixed, size: 1},
	},
}

var shapeCreateDelegationTokenRequest = shape{
	versions: shapeVersions{1, 3},
	flexible: shapeVersions{2, 32767},
	fields: []shapeField{
		{versions: shapeVersions{3, 3}, nullable: shapeVersions{3, 32767}, kind: shapeString},
		{versions: shapeVersions{3, 3}, nullable: shapeVersions{3, 32767}, kind: shapeString},
		{versions: shapeVersions{1, 3}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{1, 3}, kind: shapeString},
			{versions: shapeVersions{1, 3}, kind: shapeString},
		}},
		{versions: shapeVersions{1, 3}, kind: shapeFixed, size: 8},
	},
}

var shapeRenewDelegationTokenRequest = shape{
	versions: shapeVersions{1, 2},
	flexible: shapeVersions{2, 32767},
	fields: []shapeField{
		{versions: shapeVersions{1, 2}, kind: shapeBytes},
		{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 8},
	},
}

var shapeExpireDelegationTokenRequest = shape{
	versions: shapeVersions{1, 2},
	flexible: shapeVersions{2, 32767},
	fields: []shapeField{
		{versions: shapeVersions{1, 2}, kind: shapeBytes},
		{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 8},
	},
}

var shapeDescribeDelegationTokenRequest = shape{
	versions: shapeVersions{1, 3},
	flexible: shapeVersions{2, 32767},
	fields: []shapeField{
		{versions: shapeVersions{1, 3}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{1, 3}, kind: shapeString},
			{versions: shapeVersions{1, 3}, kind: shapeString},
		}},
	},
}

var shapeDeleteGroupsRequest = shape{
	versions: shapeVersions{0, 2},
	flexible: shapeVersions{2, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 2}, array: true, kind: shapeString},
	},
}

var shapeElectLeadersRequest = shape{
	versions: shapeVersions{0, 2},
	flexible: shapeVersions{2, 32767},
	fields: []shapeField{
		{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 1},
		{versions: shapeVersions{0, 2}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 2}, kind: shapeString},
			{versions: shapeVersions{0, 2}, array: true, kind: shapeFixed, size: 4},
		}},
		{versions: shapeVersions{0, 2}, kind: shapeFixed, size: 4},
	},
}

var shapeIncrementalAlterConfigsRequest = shape{
	versions: shapeVersions{0, 1},
	flexible: shapeVersions{1, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 1}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 1},
			{versions: shapeVersions{0, 1}, kind: shapeString},
			{versions: shapeVersions{0, 1}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{0, 1}, kind: shapeString},
				{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 1},
				{versions: shapeVersions{0, 1}, nullable: shapeVersions{0, 32767}, kind: shapeString},
			}},
		}},
		{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 1},
	},
}

var shapeAlterPartitionReassignmentsRequest = shape{
	versions: shapeVersions{0, 1},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{1, 1}, kind: shapeFixed, size: 1},
		{versions: shapeVersions{0, 1}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 1}, kind: shapeString},
			{versions: shapeVersions{0, 1}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{0, 1}, array: true, kind: shapeFixed, size: 4},
			}},
		}},
	},
}

var shapeListPartitionReassignmentsRequest = shape{
	versions: shapeVersions{0, 0},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 0}, kind: shapeString},
			{versions: shapeVersions{0, 0}, array: true, kind: shapeFixed, size: 4},
		}},
	},
}

var shapeOffsetDeleteRequest = shape{
	versions: shapeVersions{0, 0},
	flexible: shapeVersions{1, 0},
	fields: []shapeField{
		{versions: shapeVersions{0, 0}, kind: shapeString},
		{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 0}, kind: shapeString},
			{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 4},
			}},
		}},
	},
}

var shapeDescribeClientQuotasRequest = shape{
	versions: shapeVersions{0, 1},
	flexible: shapeVersions{1, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 1}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 1}, kind: shapeString},
			{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 1},
			{versions: shapeVersions{0, 1}, nullable: shapeVersions{0, 32767}, kind: shapeString},
		}},
		{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 1},
	},
}

var shapeAlterClientQuotasRequest = shape{
	versions: shapeVersions{0, 1},
	flexible: shapeVersions{1, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 1}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 1}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{0, 1}, kind: shapeString},
				{versions: shapeVersions{0, 1}, nullable: shapeVersions{0, 32767}, kind: shapeString},
			}},
			{versions: shapeVersions{0, 1}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{0, 1}, kind: shapeString},
				{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 8},
				{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 1},
			}},
		}},
		{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 1},
	},
}

var shapeDescribeUserScramCredentialsRequest = shape{
	versions: shapeVersions{0, 0},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 0}, kind: shapeString},
		}},
	},
}

var shapeAlterUserScramCredentialsRequest = shape{
	versions: shapeVersions{0, 0},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 0}, kind: shapeString},
			{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 1},
		}},
		{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 0}, kind: shapeString},
			{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 1},
			{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 4},
			{versions: shapeVersions{0, 0}, kind: shapeBytes},
			{versions: shapeVersions{0, 0}, kind: shapeBytes},
		}},
	},
}

var shapeVoteRequest = shape{
	versions: shapeVersions{0, 2},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 2}, nullable: shapeVersions{0, 32767}, kind: shapeString},
		{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{0, 2}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 2}, kind: shapeString},
			{versions: shapeVersions{0, 2}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{0, 2}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{0, 2}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{0, 2}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 16},
				{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 16},
				{versions: shapeVersions{0, 2}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{0, 2}, kind: shapeFixed, size: 8},
				{versions: shapeVersions{2, 2}, kind: shapeFixed, size: 1},
			}},
		}},
	},
}

var shapeBeginQuorumEpochRequest = shape{
	versions: shapeVersions{0, 1},
	flexible: shapeVersions{1, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 1}, nullable: shapeVersions{0, 32767}, kind: shapeString},
		{versions: shapeVersions{1, 1}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{0, 1}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 1}, kind: shapeString},
			{versions: shapeVersions{0, 1}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{1, 1}, kind: shapeFixed, size: 16},
				{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 4},
			}},
		}},
		{versions: shapeVersions{1, 1}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{1, 1}, kind: shapeString},
			{versions: shapeVersions{1, 1}, kind: shapeString},
			{versions: shapeVersions{1, 1}, kind: shapeFixed, size: 2},
		}},
	},
}

var shapeEndQuorumEpochRequest = shape{
	versions: shapeVersions{0, 1},
	flexible: shapeVersions{1, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 1}, nullable: shapeVersions{0, 32767}, kind: shapeString},
		{versions: shapeVersions{0, 1}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 1}, kind: shapeString},
			{versions: shapeVersions{0, 1}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{0, 0}, array: true, kind: shapeFixed, size: 4},
				{versions: shapeVersions{1, 1}, array: true, kind: shapeStruct, fields: []shapeField{
					{versions: shapeVersions{1, 1}, kind: shapeFixed, size: 4},
					{versions: shapeVersions{1, 1}, kind: shapeFixed, size: 16},
				}},
			}},
		}},
		{versions: shapeVersions{1, 1}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{1, 1}, kind: shapeString},
			{versions: shapeVersions{1, 1}, kind: shapeString},
			{versions: shapeVersions{1, 1}, kind: shapeFixed, size: 2},
		}},
	},
}

var shapeDescribeQuorumRequest = shape{
	versions: shapeVersions{0, 2},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 2}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 2}, kind: shapeString},
			{versions: shapeVersions{0, 2}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{0, 2}, kind: shapeFixed, size: 4},
			}},
		}},
	},
}

var shapeAlterPartitionRequest = shape{
	versions: shapeVersions{2, 3},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{2, 3}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{2, 3}, kind: shapeFixed, size: 8},
		{versions: shapeVersions{2, 3}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{2, 3}, kind: shapeFixed, size: 16},
			{versions: shapeVersions{2, 3}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{2, 3}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{2, 3}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{2, 2}, array: true, kind: shapeFixed, size: 4},
				{versions: shapeVersions{3, 3}, array: true, kind: shapeStruct, fields: []shapeField{
					{versions: shapeVersions{3, 3}, kind: shapeFixed, size: 4},
					{versions: shapeVersions{3, 3}, kind: shapeFixed, size: 8},
				}},
				{versions: shapeVersions{2, 3}, kind: shapeFixed, size: 1},
				{versions: shapeVersions{2, 3}, kind: shapeFixed, size: 4},
			}},
		}},
	},
}

var shapeUpdateFeaturesRequest = shape{
	versions: shapeVersions{0, 2},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 2}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{0, 2}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 2}, kind: shapeString},
			{versions: shapeVersions{0, 2}, kind: shapeFixed, size: 2},
			{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 1},
			{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 1},
		}},
		{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 1},
	},
}

var shapeEnvelopeRequest = shape{
	versions: shapeVersions{0, 0},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 0}, kind: shapeBytes},
		{versions: shapeVersions{0, 0}, nullable: shapeVersions{0, 32767}, kind: shapeBytes},
		{versions: shapeVersions{0, 0}, kind: shapeBytes},
	},
}

var shapeFetchSnapshotRequest = shape{
	versions: shapeVersions{0, 1},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 1}, tagged: true, tag: 0, nullable: shapeVersions{0, 32767}, kind: shapeString},
		{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{0, 1}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 1}, kind: shapeString},
			{versions: shapeVersions{0, 1}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{0, 1}, kind: shapeStruct, fields: []shapeField{
					{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 8},
					{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 4},
				}},
				{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 8},
				{versions: shapeVersions{1, 1}, tagged: true, tag: 0, kind: shapeFixed, size: 16},
			}},
		}},
	},
}

var shapeDescribeClusterRequest = shape{
	versions: shapeVersions{0, 2},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 2}, kind: shapeFixed, size: 1},
		{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 1},
		{versions: shapeVersions{2, 2}, kind: shapeFixed, size: 1},
	},
}

var shapeDescribeProducersRequest = shape{
	versions: shapeVersions{0, 0},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 0}, kind: shapeString},
			{versions: shapeVersions{0, 0}, array: true, kind: shapeFixed, size: 4},
		}},
	},
}

var shapeBrokerRegistrationRequest = shape{
	versions: shapeVersions{0, 4},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 4}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{0, 4}, kind: shapeString},
		{versions: shapeVersions{0, 4}, kind: shapeFixed, size: 16},
		{versions: shapeVersions{0, 4}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 4}, kind: shapeString},
			{versions: shapeVersions{0, 4}, kind: shapeString},
			{versions: shapeVersions{0, 4}, kind: shapeFixed, size: 2},
			{versions: shapeVersions{0, 4}, kind: shapeFixed, size: 2},
		}},
		{versions: shapeVersions{0, 4}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 4}, kind: shapeString},
			{versions: shapeVersions{0, 4}, kind: shapeFixed, size: 2},
			{versions: shapeVersions{0, 4}, kind: shapeFixed, size: 2},
		}},
		{versions: shapeVersions{0, 4}, nullable: shapeVersions{0, 32767}, kind: shapeString},
		{versions: shapeVersions{1, 4}, kind: shapeFixed, size: 1},
		{versions: shapeVersions{2, 4}, array: true, kind: shapeFixed, size: 16},
		{versions: shapeVersions{3, 4}, kind: shapeFixed, size: 8},
	},
}

var shapeBrokerHeartbeatRequest = shape{
	versions: shapeVersions{0, 2},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 2}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{0, 2}, kind: shapeFixed, size: 8},
		{versions: shapeVersions{0, 2}, kind: shapeFixed, size: 8},
		{versions: shapeVersions{0, 2}, kind: shapeFixed, size: 1},
		{versions: shapeVersions{0, 2}, kind: shapeFixed, size: 1},
		{versions: shapeVersions{1, 2}, tagged: true, tag: 0, array: true, kind: shapeFixed, size: 16},
		{versions: shapeVersions{2, 2}, tagged: true, tag: 1, array: true, kind: shapeFixed, size: 16},
	},
}

var shapeUnregisterBrokerRequest = shape{
	versions: shapeVersions{0, 0},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 4},
	},
}

var shapeDescribeTransactionsRequest = shape{
	versions: shapeVersions{0, 0},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 0}, array: true, kind: shapeString},
	},
}

var shapeListTransactionsRequest = shape{
	versions: shapeVersions{0, 2},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 2}, array: true, kind: shapeString},
		{versions: shapeVersions{0, 2}, array: true, kind: shapeFixed, size: 8},
		{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 8},
		{versions: shapeVersions{2, 2}, nullable: shapeVersions{2, 32767}, kind: shapeString},
	},
}

var shapeAllocateProducerIdsRequest = shape{
	versions: shapeVersions{0, 0},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 8},
	},
}

var shapeConsumerGroupHeartbeatRequest = shape{
	versions: shapeVersions{0, 1},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 1}, kind: shapeString},
		{versions: shapeVersions{0, 1}, kind: shapeString},
		{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{0, 1}, nullable: shapeVersions{0, 32767}, kind: shapeString},
		{versions: shapeVersions{0, 1}, nullable: shapeVersions{0, 32767}, kind: shapeString},
		{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{0, 1}, array: true, kind: shapeString},
		{versions: shapeVersions{1, 1}, nullable: shapeVersions{1, 32767}, kind: shapeString},
		{versions: shapeVersions{0, 1}, nullable: shapeVersions{0, 32767}, kind: shapeString},
		{versions: shapeVersions{0, 1}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 16},
			{versions: shapeVersions{0, 1}, array: true, kind: shapeFixed, size: 4},
		}},
	},
}

var shapeConsumerGroupDescribeRequest = shape{
	versions: shapeVersions{0, 1},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 1}, array: true, kind: shapeString},
		{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 1},
	},
}

var shapeControllerRegistrationRequest = shape{
	versions: shapeVersions{0, 0},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 16},
		{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 1},
		{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 0}, kind: shapeString},
			{versions: shapeVersions{0, 0}, kind: shapeString},
			{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 2},
			{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 2},
		}},
		{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 0}, kind: shapeString},
			{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 2},
			{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 2},
		}},
	},
}

var shapeGetTelemetrySubscriptionsRequest = shape{
	versions: shapeVersions{0, 0},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 16},
	},
}

var shapePushTelemetryRequest = shape{
	versions: shapeVersions{0, 0},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 16},
		{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 1},
		{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 1},
		{versions: shapeVersions{0, 0}, kind: shapeBytes},
	},
}

var shapeAssignReplicasToDirsRequest = shape{
	versions: shapeVersions{0, 0},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 8},
		{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 16},
			{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 16},
				{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
					{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 4},
				}},
			}},
		}},
	},
}

var shapeListConfigResourcesRequest = shape{
	versions: shapeVersions{0, 1},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{1, 1}, array: true, kind: shapeFixed, size: 1},
	},
}

var shapeDescribeTopicPartitionsRequest = shape{
	versions: shapeVersions{0, 0},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 0}, kind: shapeString},
		}},
		{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{0, 0}, nullable: shapeVersions{0, 32767}, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 0}, kind: shapeString},
			{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 4},
		}},
	},
}

var shapeShareGroupHeartbeatRequest = shape{
	versions: shapeVersions{1, 1},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{1, 1}, kind: shapeString},
		{versions: shapeVersions{1, 1}, kind: shapeString},
		{versions: shapeVersions{1, 1}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{1, 1}, nullable: shapeVersions{0, 32767}, kind: shapeString},
		{versions: shapeVersions{1, 1}, array: true, kind: shapeString},
	},
}

var shapeShareGroupDescribeRequest = shape{
	versions: shapeVersions{1, 1},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{1, 1}, array: true, kind: shapeString},
		{versions: shapeVersions{1, 1}, kind: shapeFixed, size: 1},
	},
}

var shapeShareFetchRequest = shape{
	versions: shapeVersions{1, 2},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{1, 2}, nullable: shapeVersions{0, 32767}, kind: shapeString},
		{versions: shapeVersions{1, 2}, nullable: shapeVersions{0, 32767}, kind: shapeString},
		{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{2, 2}, kind: shapeFixed, size: 1},
		{versions: shapeVersions{2, 2}, kind: shapeFixed, size: 1},
		{versions: shapeVersions{1, 2}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 16},
			{versions: shapeVersions{1, 2}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{1, 2}, array: true, kind: shapeStruct, fields: []shapeField{
					{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 8},
					{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 8},
					{versions: shapeVersions{1, 2}, array: true, kind: shapeFixed, size: 1},
				}},
			}},
		}},
		{versions: shapeVersions{1, 2}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 16},
			{versions: shapeVersions{1, 2}, array: true, kind: shapeFixed, size: 4},
		}},
	},
}

var shapeShareAcknowledgeRequest = shape{
	versions: shapeVersions{1, 2},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{1, 2}, nullable: shapeVersions{0, 32767}, kind: shapeString},
		{versions: shapeVersions{1, 2}, nullable: shapeVersions{0, 32767}, kind: shapeString},
		{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{2, 2}, kind: shapeFixed, size: 1},
		{versions: shapeVersions{1, 2}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 16},
			{versions: shapeVersions{1, 2}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{1, 2}, array: true, kind: shapeStruct, fields: []shapeField{
					{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 8},
					{versions: shapeVersions{1, 2}, kind: shapeFixed, size: 8},
					{versions: shapeVersions{1, 2}, array: true, kind: shapeFixed, size: 1},
				}},
			}},
		}},
	},
}

var shapeAddRaftVoterRequest = shape{
	versions: shapeVersions{0, 1},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 1}, nullable: shapeVersions{0, 32767}, kind: shapeString},
		{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 16},
		{versions: shapeVersions{0, 1}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 1}, kind: shapeString},
			{versions: shapeVersions{0, 1}, kind: shapeString},
			{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 2},
		}},
		{versions: shapeVersions{1, 1}, kind: shapeFixed, size: 1},
	},
}

var shapeRemoveRaftVoterRequest = shape{
	versions: shapeVersions{0, 0},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 0}, nullable: shapeVersions{0, 32767}, kind: shapeString},
		{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 16},
	},
}

var shapeUpdateRaftVoterRequest = shape{
	versions: shapeVersions{0, 0},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 0}, nullable: shapeVersions{0, 32767}, kind: shapeString},
		{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 16},
		{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 0}, kind: shapeString},
			{versions: shapeVersions{0, 0}, kind: shapeString},
			{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 2},
		}},
		{versions: shapeVersions{0, 0}, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 2},
			{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 2},
		}},
	},
}

var shapeInitializeShareGroupStateRequest = shape{
	versions: shapeVersions{0, 0},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 0}, kind: shapeString},
		{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 16},
			{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 8},
			}},
		}},
	},
}

var shapeReadShareGroupStateRequest = shape{
	versions: shapeVersions{0, 0},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 0}, kind: shapeString},
		{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 16},
			{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 4},
			}},
		}},
	},
}

var shapeWriteShareGroupStateRequest = shape{
	versions: shapeVersions{0, 1},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 1}, kind: shapeString},
		{versions: shapeVersions{0, 1}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 16},
			{versions: shapeVersions{0, 1}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 8},
				{versions: shapeVersions{1, 1}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{0, 1}, array: true, kind: shapeStruct, fields: []shapeField{
					{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 8},
					{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 8},
					{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 1},
					{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 2},
				}},
			}},
		}},
	},
}

var shapeDeleteShareGroupStateRequest = shape{
	versions: shapeVersions{0, 0},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 0}, kind: shapeString},
		{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 16},
			{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 4},
			}},
		}},
	},
}

var shapeReadShareGroupStateSummaryRequest = shape{
	versions: shapeVersions{0, 1},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 1}, kind: shapeString},
		{versions: shapeVersions{0, 1}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 16},
			{versions: shapeVersions{0, 1}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{0, 1}, kind: shapeFixed, size: 4},
			}},
		}},
	},
}

var shapeStreamsGroupHeartbeatRequest = shape{
	versions: shapeVersions{0, 0},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 0}, kind: shapeString},
		{versions: shapeVersions{0, 0}, kind: shapeString},
		{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{0, 0}, nullable: shapeVersions{0, 32767}, kind: shapeString},
		{versions: shapeVersions{0, 0}, nullable: shapeVersions{0, 32767}, kind: shapeString},
		{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 4},
		{versions: shapeVersions{0, 0}, nullable: shapeVersions{0, 32767}, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 4},
			{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{0, 0}, kind: shapeString},
				{versions: shapeVersions{0, 0}, array: true, kind: shapeString},
				{versions: shapeVersions{0, 0}, array: true, kind: shapeString},
				{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
					{versions: shapeVersions{0, 0}, kind: shapeString},
					{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 4},
					{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 2},
					{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
						{versions: shapeVersions{0, 0}, kind: shapeString},
						{versions: shapeVersions{0, 0}, kind: shapeString},
					}},
				}},
				{versions: shapeVersions{0, 0}, array: true, kind: shapeString},
				{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
					{versions: shapeVersions{0, 0}, kind: shapeString},
					{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 4},
					{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 2},
					{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
						{versions: shapeVersions{0, 0}, kind: shapeString},
						{versions: shapeVersions{0, 0}, kind: shapeString},
					}},
				}},
				{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
					{versions: shapeVersions{0, 0}, array: true, kind: shapeFixed, size: 2},
					{versions: shapeVersions{0, 0}, array: true, kind: shapeFixed, size: 2},
					{versions: shapeVersions{0, 0}, array: true, kind: shapeFixed, size: 2},
				}},
			}},
		}},
		{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 0}, kind: shapeString},
			{versions: shapeVersions{0, 0}, array: true, kind: shapeFixed, size: 4},
		}},
		{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 0}, kind: shapeString},
			{versions: shapeVersions{0, 0}, array: true, kind: shapeFixed, size: 4},
		}},
		{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 0}, kind: shapeString},
			{versions: shapeVersions{0, 0}, array: true, kind: shapeFixed, size: 4},
		}},
		{versions: shapeVersions{0, 0}, nullable: shapeVersions{0, 32767}, kind: shapeString},
		{versions: shapeVersions{0, 0}, nullable: shapeVersions{0, 32767}, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 0}, kind: shapeString},
			{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 2},
		}},
		{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 0}, kind: shapeString},
			{versions: shapeVersions{0, 0}, kind: shapeString},
		}},
		{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 0}, kind: shapeString},
			{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 4},
			{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 8},
		}},
		{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 0}, kind: shapeString},
			{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 4},
			{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 8},
		}},
		{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 1},
	},
}

var shapeStreamsGroupDescribeRequest = shape{
	versions: shapeVersions{0, 0},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 0}, array: true, kind: shapeString},
		{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 1},
	},
}

var shapeDescribeShareGroupOffsetsRequest = shape{
	versions: shapeVersions{0, 1},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 1}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 1}, kind: shapeString},
			{versions: shapeVersions{0, 1}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{0, 1}, kind: shapeString},
				{versions: shapeVersions{0, 1}, array: true, kind: shapeFixed, size: 4},
			}},
		}},
	},
}

var shapeAlterShareGroupOffsetsRequest = shape{
	versions: shapeVersions{0, 0},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 0}, kind: shapeString},
		{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 0}, kind: shapeString},
			{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
				{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 4},
				{versions: shapeVersions{0, 0}, kind: shapeFixed, size: 8},
			}},
		}},
	},
}

var shapeDeleteShareGroupOffsetsRequest = shape{
	versions: shapeVersions{0, 0},
	flexible: shapeVersions{0, 32767},
	fields: []shapeField{
		{versions: shapeVersions{0, 0}, kind: shapeString},
		{versions: shapeVersions{0, 0}, array: true, kind: shapeStruct, fields: []shapeField{
			{versions: shapeVersions{0, 0}, kind: shapeString},
		}},
	},
}

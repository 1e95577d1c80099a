// Writes test/golden/klauspost.json: parity made by github.com/klauspost/reedsolomon.
//
//	go run . > ../../test/golden/klauspost.json
package main

import (
	"encoding/hex"
	"encoding/json"
	"os"

	"github.com/klauspost/reedsolomon"
)

type vector struct {
	Matrix       string   `json:"matrix"`
	DataShards   int      `json:"dataShards"`
	ParityShards int      `json:"parityShards"`
	Seed         uint32   `json:"seed"`
	ShardBytes   int      `json:"shardBytes"`
	Parity       []string `json:"parity"`
}

// xorshift32 (Marsaglia 2003); the test fills its shards with the same bytes, shard after shard.
func fill(shard []byte, state *uint32) {
	for i := range shard {
		x := *state
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		*state = x
		shard[i] = byte(x >> 24)
	}
}

func main() {
	shapes := [][3]int{
		{1, 1, 40}, {1, 5, 17}, {2, 1, 33}, {4, 2, 1}, {4, 2, 257}, {5, 3, 64}, {10, 4, 129}, {17, 3, 100},
		{20, 10, 31}, {100, 30, 24}, {128, 128, 16}, {253, 3, 64}, {3, 253, 16}, {255, 1, 16},
	}
	var vectors []vector
	for _, matrix := range []string{"vandermonde", "cauchy"} {
		for i, shape := range shapes {
			k, m, size := shape[0], shape[1], shape[2]
			options := []reedsolomon.Option{}
			if matrix == "cauchy" {
				options = append(options, reedsolomon.WithCauchyMatrix())
			}
			code, err := reedsolomon.New(k, m, options...)
			check(err)
			seed := uint32(1000 + i)
			state := seed
			shards := make([][]byte, k+m)
			for j := range shards {
				shards[j] = make([]byte, size)
				if j < k {
					fill(shards[j], &state)
				}
			}
			check(code.Encode(shards))
			parity := make([]string, m)
			for j := range parity {
				parity[j] = hex.EncodeToString(shards[k+j])
			}
			vectors = append(vectors, vector{matrix, k, m, seed, size, parity})
		}
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", " ")
	check(encoder.Encode(vectors))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

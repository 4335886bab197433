// Continues prompts greedily with llama.cpp, for the export check where llama-cpp-python is not installed.
// It does no tokenising: token ids in, token ids out, so that only the network is compared.
//
//   llama_greedy MODEL.gguf COUNT END < prompts      one prompt per line, ids separated by spaces
//
// Build against a llama.cpp install (headers and libraries under $L):
//   g++ -O2 -std=c++17 -I$L/include llama_greedy.cpp -o llama_greedy -L$L/lib -lllama -lggml -lggml-cpu -lggml-base -fopenmp -ldl
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "llama.h"

static int best(llama_context *context, int vocabulary) {
    const float *logits = llama_get_logits_ith(context, -1);
    int top = 0;
    for (int id = 1; id < vocabulary; id++)
        if (logits[id] > logits[top]) top = id;
    return top;
}

int main(int count, char **arguments) {
    if (count != 4) return std::cerr << "usage: llama_greedy MODEL.gguf COUNT END < prompts\n", 1;
    llama_log_set([](ggml_log_level, const char *, void *) {}, nullptr);
    llama_model *model = llama_model_load_from_file(arguments[1], llama_model_default_params());
    if (!model) return std::cerr << "cannot load " << arguments[1] << "\n", 1;
    const int wanted = std::atoi(arguments[2]), end = std::atoi(arguments[3]);
    const int vocabulary = llama_vocab_n_tokens(llama_model_get_vocab(model));
    llama_context_params options = llama_context_default_params();
    options.n_ctx = 2048;
    options.n_batch = options.n_ubatch = 2048;
    options.type_k = options.type_v = GGML_TYPE_F32;
    options.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
    for (std::string line; std::getline(std::cin, line);) {
        llama_context *context = llama_init_from_model(model, options);
        std::istringstream words(line);
        std::vector<llama_token> fed;
        for (llama_token id; words >> id;) fed.push_back(id);
        for (int made = 0; made < wanted; made++) {
            if (llama_decode(context, llama_batch_get_one(fed.data(), fed.size()))) return std::cerr << "decode failed\n", 1;
            const llama_token next = best(context, vocabulary);
            if (next == end) break;
            std::cout << next << ' ';
            fed = {next};
        }
        std::cout << std::endl;
        llama_free(context);
    }
    llama_model_free(model);
}
